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

/* Bought and not at its end. */
extern bool licence_in_force(const LicenceRow *row, uint64_t now_ms);

/* Every licence above this one is in force; says which is not. */
extern McStatus licence_check_parents(TxWorld *world, const LicenceRow *row, McProblem *problem);

/* The sublicence is the licensee's to grant and within what the parent allows. */
extern McStatus licence_check_parent(TxWorld *world, const LicenceRow *sublicence,
									 const McAddress *actor, McProblem *problem);

/*
 * Splits what is paid for a licence: of a sublicence the parent's royalty goes up, the rest to the
 * licensor; of the highest, all goes through the tree of works.
 */
extern McStatus licence_settle(TxWorld *world, const LicenceRow *row, int64_t amount,
							   RightsPayment *due, McProblem *problem);

/* ---- exclusives: the exclusive licences under a work or under a licence ------------------------
 */

/* The work, or the parent of a sublicence. */
extern const RightsId *exclusive_owner(const LicenceRow *row);

/* No exclusive licence of the same owner meets this scope. */
extern McStatus exclusive_check(TxWorld *world, const RightsId *owner, const LicenceScope *scope,
								McProblem *problem);
/* Enters a licence; those that have ended are left out. */
extern McStatus exclusive_add(TxWorld *world, const RightsId *owner, const RightsId *licence_id,
							  const LicenceScope *scope, McProblem *problem);
/* Another end, 0 for one that never came into force. */
extern void exclusive_end(TxWorld *world, const RightsId *owner, const RightsId *licence_id,
						  uint64_t until_ms);

#endif
