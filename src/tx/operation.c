/*
 * operation.c - the table of operation kinds. It knows no kind by more than its row.
 */
#include "tx/operation.h"

#define TX_OPERATION(number, symbol) extern const TxOperationKind symbol;
#include "tx/operations.def"
#undef TX_OPERATION

static const TxOperationKind *const by_number[] = {
#define TX_OPERATION(number, symbol) [number] = &(symbol),
#include "tx/operations.def"
#undef TX_OPERATION
};

static const TxOperationKind *const in_order[] = {
#define TX_OPERATION(number, symbol) &(symbol),
#include "tx/operations.def"
#undef TX_OPERATION
};

const TxOperationKind *
operation_kind(uint64_t number)
{
	if (number >= sizeof(by_number) / sizeof(by_number[0]))
		return NULL;
	assert(by_number[number] == NULL || by_number[number]->number == number);
	return by_number[number];
}

const TxOperationKind *
operation_kind_at(size_t position)
{
	return position < sizeof(in_order) / sizeof(in_order[0]) ? in_order[position] : NULL;
}
