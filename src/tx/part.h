/*
 * part.h - the pieces that the envelope, its witnesses and the operations are made of: amounts,
 * assets, outputs, metadata. Internal to tx/. Readers take hostile input and fill the problem,
 * which may be NULL when the bytes were read before.
 */
#ifndef MESCHAIN_TX_PART_H
#define MESCHAIN_TX_PART_H

#include "tx/tx.h"

/* A failed reader's status, with the byte or the size it is about. */
extern McStatus part_wire_problem(const WireReader *reader, McProblem *problem);

/* Names a hash, a chain id or an address as the value at fault. */
extern McStatus part_problem_hex(McProblem *problem, McStatus status, const void *data,
								 size_t size);
extern McStatus part_problem_address(McProblem *problem, McStatus status,
									 const McAddress *address);
extern McStatus part_problem_asset(McProblem *problem, McStatus status, const TxAsset *asset,
								   int64_t number, int64_t limit);

/* An integer of 0 to INT64_MAX. */
extern McStatus part_read_number(WireReader *reader, uint64_t *number, McProblem *problem);
/* An array of at most maximum items; more is the refusal over. */
extern McStatus part_read_list(WireReader *reader, size_t maximum, McStatus over, size_t *count,
							   McProblem *problem);
/* Text of at most maximum bytes; more is the refusal over. */
extern McStatus part_read_text(WireReader *reader, size_t maximum, McStatus over, McSpan *text,
							   McProblem *problem);
extern McStatus part_read_asset(WireReader *reader, TxAsset *asset, McProblem *problem);
/* 1 to INT64_MAX base units; name says of what. */
extern McStatus part_read_amount(WireReader *reader, const char *name, int64_t *amount,
								 McProblem *problem);
/* The same, 0 allowed. */
extern McStatus part_read_amount_or_zero(WireReader *reader, const char *name, int64_t *amount,
										 McProblem *problem);
extern McStatus part_read_output(WireReader *reader, TxOutput *output, McProblem *problem);
extern McStatus part_read_metadata(WireReader *reader, McSpan *metadata, McProblem *problem);

/* The arguments [asset, amount], whole. */
extern McStatus part_read_asset_amount(McSpan arguments, TxAsset *asset, int64_t *amount,
									   McProblem *problem);
extern void part_put_asset_amount(WireWriter *writer, const TxAsset *asset, int64_t amount);

extern void part_put_asset(WireWriter *writer, const TxAsset *asset);
extern void part_put_output(WireWriter *writer, const TxOutput *output);

#endif
