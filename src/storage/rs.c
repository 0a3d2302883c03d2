/*
 * rs.c - scalar Reed-Solomon. Pure; no tables but those in the coder the caller gives.
 */
#include "storage/rs.h"

#define POLYNOMIAL 0x11d
#define FIELD_ORDER 255

McStatus
rs_check_shape(uint32_t data, uint32_t shares, McProblem *problem)
{
	if (data < 1 || data > RS_DATA_MAX || shares < data || shares > RS_SHARES_MAX)
		return status_problem(problem, MC_FILE_SHAPE, shares, data);
	return MC_OK;
}

void
rs_init(RsCoder *coder, uint32_t data, uint32_t shares)
{
	unsigned value = 1;

	assert(rs_check_shape(data, shares, NULL) == MC_OK);
	coder->data = data;
	coder->shares = shares;
	coder->logarithm[0] = 0;
	for (int i = 0; i < FIELD_ORDER; i++)
	{
		coder->power[i] = coder->power[i + FIELD_ORDER] = (uint8_t) value;
		coder->logarithm[value] = (uint8_t) i;
		value <<= 1;
		if (value > 0xff)
			value ^= POLYNOMIAL;
	}
	coder->power[2 * FIELD_ORDER] = coder->power[2 * FIELD_ORDER + 1] = 0;
}

static inline uint8_t
multiply(const RsCoder *coder, uint8_t left, uint8_t right)
{
	if (left == 0 || right == 0)
		return 0;
	return coder->power[coder->logarithm[left] + coder->logarithm[right]];
}

static inline uint8_t
invert(const RsCoder *coder, uint8_t value)
{
	assert(value != 0);
	return coder->power[FIELD_ORDER - coder->logarithm[value]];
}

void
rs_row(const RsCoder *coder, uint32_t share, uint8_t row[RS_DATA_MAX])
{
	assert(share < coder->shares);
	for (uint32_t column = 0; column < coder->data; column++)
	{
		if (share < coder->data)
			row[column] = share == column;
		else
			row[column] = invert(coder, (uint8_t) (share ^ column));
	}
}

void
rs_combine(const RsCoder *coder, const uint8_t row[RS_DATA_MAX], const uint8_t *const *in,
		   size_t length, uint8_t *out)
{
	memset(out, 0, length);
	for (uint32_t i = 0; i < coder->data; i++)
	{
		uint8_t product[256];
		const uint8_t *from = in[i];

		if (row[i] == 0)
			continue;
		for (int value = 0; value < 256; value++)
			product[value] = multiply(coder, row[i], (uint8_t) value);
		for (size_t at = 0; at < length; at++)
			out[at] ^= product[from[at]];
	}
}

static void
add_multiple(const RsCoder *coder, uint8_t *row, const uint8_t *other, uint8_t factor)
{
	for (uint32_t i = 0; i < coder->data; i++)
		row[i] ^= multiply(coder, factor, other[i]);
}

static void
scale(const RsCoder *coder, uint8_t *row, uint8_t factor)
{
	for (uint32_t i = 0; i < coder->data; i++)
		row[i] = multiply(coder, factor, row[i]);
}

static void
swap_rows(uint8_t *left, uint8_t *right, uint32_t size)
{
	uint8_t kept[RS_DATA_MAX];

	memcpy(kept, left, size);
	memcpy(left, right, size);
	memcpy(right, kept, size);
}

/* Gauss-Jordan; matrix is used up, coder->inverse receives the answer. */
static void
invert_matrix(RsCoder *coder, uint8_t *matrix)
{
	uint32_t size = coder->data;
	uint8_t *inverse = coder->inverse;

	memset(inverse, 0, sizeof(coder->inverse));
	for (uint32_t i = 0; i < size; i++)
		inverse[i * size + i] = 1;
	for (uint32_t column = 0; column < size; column++)
	{
		uint32_t pivot = column;
		uint8_t factor;

		while (pivot < size && matrix[pivot * size + column] == 0)
			pivot++;
		assert(pivot < size); /* every square part of [identity; Cauchy] is regular */
		swap_rows(matrix + pivot * size, matrix + column * size, size);
		swap_rows(inverse + pivot * size, inverse + column * size, size);
		factor = invert(coder, matrix[column * size + column]);
		scale(coder, matrix + column * size, factor);
		scale(coder, inverse + column * size, factor);
		for (uint32_t row = 0; row < size; row++)
		{
			factor = matrix[row * size + column];
			if (row == column || factor == 0)
				continue;
			add_multiple(coder, matrix + row * size, matrix + column * size, factor);
			add_multiple(coder, inverse + row * size, inverse + column * size, factor);
		}
	}
}

McStatus
rs_prepare_restore(RsCoder *coder, const uint32_t *numbers, McProblem *problem)
{
	uint8_t matrix[RS_DATA_MAX * RS_DATA_MAX];
	bool seen[RS_SHARES_MAX] = { false };

	for (uint32_t i = 0; i < coder->data; i++)
	{
		uint8_t row[RS_DATA_MAX];

		if (numbers[i] >= coder->shares)
			return status_problem(problem, MC_SHARE_OUT_OF_RANGE, numbers[i], coder->shares);
		if (seen[numbers[i]])
			return status_problem(problem, MC_SHARE_DUPLICATE, numbers[i], coder->shares);
		seen[numbers[i]] = true;
		rs_row(coder, numbers[i], row);
		memcpy(matrix + i * coder->data, row, coder->data);
	}
	invert_matrix(coder, matrix);
	return MC_OK;
}

void
rs_restore_row(const RsCoder *coder, uint32_t wanted, uint8_t row[RS_DATA_MAX])
{
	uint8_t generator[RS_DATA_MAX];

	rs_row(coder, wanted, generator);
	memset(row, 0, RS_DATA_MAX);
	for (uint32_t i = 0; i < coder->data; i++)
		add_multiple(coder, row, coder->inverse + i * coder->data, generator[i]);
}
