/*
 * licence.h - licences: what one allows, where two meet, what a sublicence may. Internal to
 * rights/.
 */
#ifndef MESCHAIN_RIGHTS_LICENCE_H
#define MESCHAIN_RIGHTS_LICENCE_H

#include "rights/payment.h"
#include "rights/rights.h"

/* [territory, medium, exclusive, from_ms, until_ms or null] */
extern McStatus licence_scope_read(WireReader *reader, LicenceScope *scope, McProblem *problem);
extern void licence_scope_write(WireWriter *writer, const LicenceScope *scope);

/*
 * scope, uses or null, depth, asset, price, royalty_ppm, royalty_per_use, notice_ms or null,
 * terms_hash or null: what row and arguments share, as so many items of an array.
 */
#define LICENCE_TERMS_FIELDS 9
extern McStatus licence_terms_read(WireReader *reader, LicenceRow *row, McProblem *problem);
extern void licence_terms_write(WireWriter *writer, const LicenceRow *row);

#endif
