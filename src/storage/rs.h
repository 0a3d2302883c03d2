/*
 * rs.h - Reed-Solomon over GF(2^8), polynomial 0x11d, systematic with a Cauchy matrix: any
 * data_shards of the shares give the file back. The scalar twin of ISA-L, byte for byte, for places
 * where no instruction set may decide; files are split with ISA-L itself (src/cli).
 */
#ifndef MESCHAIN_STORAGE_RS_H
#define MESCHAIN_STORAGE_RS_H

#include "base/bytes.h"
#include "base/status.h"

#define RS_DATA_MAX 64
#define RS_SHARES_MAX 255

/* 1 <= data <= RS_DATA_MAX, data <= shares <= RS_SHARES_MAX. */
extern McStatus rs_check_shape(uint32_t data, uint32_t shares, McProblem *problem);

/* The tables of the field and a decoding matrix; 4.6 KiB, made anew in a microsecond. */
typedef struct RsCoder
{
	uint8_t power[512]; /* of the generator 2, twice over */
	uint8_t logarithm[256];
	uint32_t data;
	uint32_t shares;
	uint8_t inverse[RS_DATA_MAX * RS_DATA_MAX];
} RsCoder;

extern void rs_init(RsCoder *coder, uint32_t data, uint32_t shares);

/* A share's row of the generator matrix: unit vectors for data, 1/(share xor column) after. */
extern void rs_row(const RsCoder *coder, uint32_t share, uint8_t row[RS_DATA_MAX]);

/* out = sum over i of row[i] * in[i], length bytes. */
extern void rs_combine(const RsCoder *coder, const uint8_t row[RS_DATA_MAX],
					   const uint8_t *const *in, size_t length, uint8_t *out);

/*
 * Prepares to restore from coder->data shares whose numbers are given. Refuses a number out of
 * range or repeated; any other choice can be inverted, that is what a Cauchy matrix is for.
 */
extern McStatus rs_prepare_restore(RsCoder *coder, const uint32_t *numbers, McProblem *problem);

/* The combination of those shares, in their order, that gives the wanted share. */
extern void rs_restore_row(const RsCoder *coder, uint32_t wanted, uint8_t row[RS_DATA_MAX]);

#endif
