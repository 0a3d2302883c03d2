/* storage_rs.c - any data_shards of the shares give the file back, and the bytes are ISA-L's. */
#include "storage/rs.h"
#include "unit/check.h"

#include <isa-l/erasure_code.h>

#define LENGTH 100

static uint8_t bytes[RS_SHARES_MAX][LENGTH];
static const uint8_t *rows[RS_SHARES_MAX];
static RsCoder coder;

static void
encode(uint32_t data, uint32_t shares)
{
	uint32_t state = 12345;

	rs_init(&coder, data, shares);
	for (uint32_t share = 0; share < shares; share++)
	{
		uint8_t row[RS_DATA_MAX];

		rows[share] = bytes[share];
		if (share < data)
			for (int i = 0; i < LENGTH; i++)
				bytes[share][i] = (uint8_t) ((state = state * 1103515245 + 12345) >> 16);
		else
		{
			rs_row(&coder, share, row);
			rs_combine(&coder, row, rows, LENGTH, bytes[share]);
		}
	}
}

static void
check_restore(const uint32_t *numbers, uint32_t wanted)
{
	const uint8_t *present[RS_DATA_MAX];
	uint8_t row[RS_DATA_MAX];
	uint8_t found[LENGTH];

	for (uint32_t i = 0; i < coder.data; i++)
		present[i] = bytes[numbers[i]];
	rs_restore_row(&coder, wanted, row);
	rs_combine(&coder, row, present, LENGTH, found);
	CHECK(memcmp(found, bytes[wanted], LENGTH) == 0);
}

/* All 15 ways to lose two of RS(4, 6). */
static void
test_every_loss_of_four_and_two(void)
{
	encode(4, 6);
	for (uint32_t first = 0; first < 6; first++)
	{
		for (uint32_t second = first + 1; second < 6; second++)
		{
			uint32_t numbers[4];
			uint32_t used = 0;

			for (uint32_t share = 0; share < 6; share++)
				if (share != first && share != second)
					numbers[used++] = share;
			CHECK_INT(rs_prepare_restore(&coder, numbers, NULL), MC_OK);
			for (uint32_t wanted = 0; wanted < 6; wanted++)
				check_restore(numbers, wanted);
		}
	}
}

static void
test_largest_shape_from_its_last_shares(void)
{
	uint32_t numbers[RS_DATA_MAX];

	encode(RS_DATA_MAX, RS_SHARES_MAX);
	for (uint32_t i = 0; i < RS_DATA_MAX; i++)
		numbers[i] = RS_SHARES_MAX - 1 - i;
	CHECK_INT(rs_prepare_restore(&coder, numbers, NULL), MC_OK);
	for (uint32_t wanted = 0; wanted < RS_SHARES_MAX; wanted++)
		check_restore(numbers, wanted);
}

static void
compare_with_isal(uint32_t data, uint32_t shares)
{
	static uint8_t matrix[RS_SHARES_MAX * RS_DATA_MAX];
	static uint8_t tables[32 * RS_SHARES_MAX * RS_DATA_MAX];
	static uint8_t parity[RS_SHARES_MAX][LENGTH];
	uint8_t *in[RS_DATA_MAX];
	uint8_t *out[RS_SHARES_MAX];

	encode(data, shares);
	gf_gen_cauchy1_matrix(matrix, (int) shares, (int) data);
	for (uint32_t share = 0; share < shares; share++)
	{
		uint8_t row[RS_DATA_MAX];

		rs_row(&coder, share, row);
		CHECK(memcmp(row, matrix + share * data, data) == 0);
	}
	for (uint32_t i = 0; i < data; i++)
		in[i] = bytes[i];
	for (uint32_t i = data; i < shares; i++)
		out[i - data] = parity[i];
	ec_init_tables((int) data, (int) (shares - data), matrix + data * data, tables);
	ec_encode_data(LENGTH, (int) data, (int) (shares - data), tables, in, out);
	for (uint32_t i = data; i < shares; i++)
		CHECK(memcmp(parity[i], bytes[i], LENGTH) == 0);
}

static void
test_bytes_are_those_of_isal(void)
{
	compare_with_isal(1, 2);
	compare_with_isal(2, 6);
	compare_with_isal(4, 6);
	compare_with_isal(10, 14);
	compare_with_isal(29, 80);
	compare_with_isal(RS_DATA_MAX, RS_SHARES_MAX);
}

static void
test_shapes(void)
{
	McProblem problem;

	CHECK_INT(rs_check_shape(0, 4, &problem), MC_FILE_SHAPE);
	CHECK_INT(rs_check_shape(1, 1, &problem), MC_OK);
	CHECK_INT(rs_check_shape(4, 3, &problem), MC_FILE_SHAPE);
	CHECK_INT(rs_check_shape(4, 4, &problem), MC_OK);
	CHECK_INT(rs_check_shape(RS_DATA_MAX, RS_SHARES_MAX, &problem), MC_OK);
	CHECK_INT(rs_check_shape(RS_DATA_MAX + 1, RS_SHARES_MAX, &problem), MC_FILE_SHAPE);
	CHECK_INT(rs_check_shape(RS_DATA_MAX, RS_SHARES_MAX + 1, &problem), MC_FILE_SHAPE);
	CHECK_INT(rs_check_shape(UINT32_MAX, UINT32_MAX, &problem), MC_FILE_SHAPE);
}

static void
test_restore_refuses(void)
{
	uint32_t repeated[2] = { 3, 3 };
	uint32_t unknown[2] = { 0, 4 };
	McProblem problem;

	encode(2, 4);
	CHECK_INT(rs_prepare_restore(&coder, repeated, &problem), MC_SHARE_DUPLICATE);
	CHECK_INT(problem.number, 3);
	CHECK_INT(rs_prepare_restore(&coder, unknown, &problem), MC_SHARE_OUT_OF_RANGE);
	CHECK_INT(problem.number, 4);
}

int
main(void)
{
	RUN(test_every_loss_of_four_and_two);
	RUN(test_largest_shape_from_its_last_shares);
	RUN(test_bytes_are_those_of_isal);
	RUN(test_shapes);
	RUN(test_restore_refuses);
	return CHECK_RESULT();
}
