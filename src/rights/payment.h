/*
 * payment.h - what an operation of this room pays to whom, for which work. The payer signs the
 * whole list: the ledger computes it anew from the shares as they stand and refuses any other.
 *
 *   payment = [asset, [work_id, ...], [[payee, amount, work], ...], reward]
 *
 * The first work is the one that is paid for; work numbers the work whose share earns the part.
 * Amounts are 1 and more. The reward comes to the payer from the work's pool, 0 when there is none.
 * A payment is the last of an operation's arguments.
 */
#ifndef MESCHAIN_RIGHTS_PAYMENT_H
#define MESCHAIN_RIGHTS_PAYMENT_H

#include "rights/rights.h"

#define RIGHTS_PAYEES_MAX 512

typedef struct RightsPayout
{
	McAddress payee;
	int64_t amount;
	uint32_t work;
} RightsPayout;

typedef struct RightsPayment
{
	TxAsset asset;
	uint32_t work_count;
	RightsId works[RIGHTS_TREE_MAX];
	uint32_t count;
	RightsPayout payouts[RIGHTS_PAYEES_MAX];
	int64_t reward;
} RightsPayment;

/* Nothing yet, in this asset. */
extern void payment_init(RightsPayment *payment, const TxAsset *asset);
extern McStatus payment_add_work(RightsPayment *payment, const RightsId *work_id, uint32_t *number,
								 McProblem *problem);
/* Leaves out what is nothing. */
extern McStatus payment_add(RightsPayment *payment, uint32_t work, const McAddress *payee,
							int64_t amount, McProblem *problem);

extern McStatus payment_read(WireReader *reader, RightsPayment *payment, McProblem *problem);
extern void payment_write(WireWriter *writer, const RightsPayment *payment);
extern uint32_t payment_output_count(const RightsPayment *payment);
extern int64_t payment_total(const RightsPayment *payment);

/* How many arguments stand before an operation's payment; -1: the kind has none. */
extern int payment_leading(uint16_t kind);
/* The payment behind so many arguments of the operation, read before. */
extern void payment_of_operation(const TxOperation *operation, size_t leading,
								 RightsPayment *payment);
/* TxOperationKind's next_output for such an operation. */
extern bool payment_next_output(const TxOperation *operation, size_t leading,
								TxOutputCursor *cursor, TxOutput *output);

/* A purchase: arguments [id, payment]. The members of TxOperationKind, and what they stand on. */
extern McStatus purchase_read(McSpan arguments, RightsId *id, RightsPayment *payment,
							  McProblem *problem);
extern void purchase_write(WireWriter *writer, const RightsId *id, const RightsPayment *payment);
extern McStatus purchase_check(McSpan arguments, uint32_t *output_count, McProblem *problem);
extern bool purchase_next_output(const TxOperation *operation, TxOutputCursor *cursor,
								 TxOutput *output);
extern void purchase_describe(const TxOperation *operation, const char *id_name, TxFields *fields);

/* The operation pays as expected: asset, sum, then each part. Pays it out. */
extern McStatus payment_execute(const TxOperation *operation, TxWorld *world, size_t leading,
								const RightsPayment *expected, McProblem *problem);

extern void payment_describe(const RightsPayment *payment, TxFields *fields);

/*
 * Splits an amount in proportion to weights that add up to a million: exact in sum, each part
 * rounded down and what is left given by largest remainder, first come first among equals.
 */
extern void rights_apportion(int64_t amount, const uint32_t *weights, uint32_t count,
							 int64_t *parts);

/* Parts per million of an amount, rounded down. */
extern int64_t rights_part_of(int64_t amount, uint32_t ppm);

/* Adds the parts of an amount that a work earns: sources above it first take theirs. */
extern McStatus rights_split_work(TxWorld *world, const RightsId *work_id, int64_t amount,
								  RightsPayment *payment, McProblem *problem);

#endif
