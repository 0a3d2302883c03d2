/*
 * field.h - the pieces that rows and arguments of this room share. Internal to rights/. Readers
 * take hostile input and fill the problem, which may be NULL for bytes that were read before.
 */
#ifndef MESCHAIN_RIGHTS_FIELD_H
#define MESCHAIN_RIGHTS_FIELD_H

#include "rights/rights.h"
#include "tx/part.h"

extern McStatus field_hash(WireReader *reader, McHash *hash, McProblem *problem);
/* null or 32 bytes */
extern McStatus field_optional_hash(WireReader *reader, bool *has, McHash *hash,
									McProblem *problem);
extern McStatus field_bool(WireReader *reader, bool *value, McProblem *problem);
/* 0 to maximum parts per million */
extern McStatus field_ppm(WireReader *reader, uint32_t maximum, uint32_t *ppm, McProblem *problem);
/* null, which is RIGHTS_UNBOUNDED, or a number below it */
extern McStatus field_bounded(WireReader *reader, uint64_t *number, McProblem *problem);
/* null, which is an empty span, or text */
extern McStatus field_optional_text(WireReader *reader, McSpan *text, McProblem *problem);
/* A number that has a name in codes.def. */
extern McStatus field_work_kind(WireReader *reader, uint32_t *kind, McProblem *problem);
extern McStatus field_medium(WireReader *reader, uint32_t *medium, McProblem *problem);
/* WORLD, a country of two letters or a part of one; problem names what is neither. */
extern McStatus field_territory(WireReader *reader, char territory[RIGHTS_TERRITORY_MAX + 1],
								McProblem *problem);
extern McStatus field_sources(WireReader *reader, uint32_t *count,
							  RightsSource sources[RIGHTS_SOURCES_MAX], McProblem *problem);
extern McStatus field_shares(WireReader *reader, RightsShares *shares, McProblem *problem);
extern McStatus field_end(WireReader *reader, McProblem *problem);

extern void field_put_optional_hash(WireWriter *writer, bool has, const McHash *hash);
extern void field_put_bounded(WireWriter *writer, uint64_t number);
extern void field_put_optional_text(WireWriter *writer, McSpan text);
extern void field_put_sources(WireWriter *writer, uint32_t count, const RightsSource *sources);
extern void field_put_shares(WireWriter *writer, const RightsShares *shares);

/* Names of codes.def; NULL for a number that is none. */
extern const char *rights_work_kind_name(uint64_t number);
extern const char *rights_medium_name(uint64_t number);

/* Is the one within the other; do they meet? WORLD holds all, CN holds CN-GD. */
extern bool territory_within(const char *inner, const char *outer);
extern bool territory_overlaps(const char *left, const char *right);
extern bool territory_valid(McSpan text);

#endif
