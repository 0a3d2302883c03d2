/*
 * compare.h - what two nodes say to each other to find where their ledgers differ: a question about
 * rows of one relation in a range of positions, and its answer. Digests first, then keys, then a
 * row's content. Pure; the rows are compare_pg's affair.
 *
 * A position is the height of a row's block, or its number where the relation has one. Rows of
 * blocks above `as_of` do not count, so that a node that is ahead answers for the same ledger.
 * Both come from anybody: every size is bounded here, and nothing an answer says is believed before
 * it was compared or checked.
 */
#ifndef MESCHAIN_LEDGER_COMPARE_H
#define MESCHAIN_LEDGER_COMPARE_H

#include "base/bytes.h"
#include "base/status.h"

#define COMPARE_BUCKETS 16
#define COMPARE_KEY_MAX 200
#define COMPARE_ROWS_MAX 48
#define COMPARE_CHUNK_MAX (12 * 1024)
#define COMPARE_QUESTION_SIZE 43
#define COMPARE_ANSWER_MAX (16 * 1024)
/* The greatest position: its outputs still have a number. */
#define COMPARE_POSITION_MAX ((UINT64_C(1) << 43) - 2)

typedef enum CompareKind
{
	COMPARE_HELLO = 1,   /* how far is your ledger? */
	COMPARE_RANGES = 2,  /* digests of the parts of from..to */
	COMPARE_ROWS = 3,    /* keys and digests of its rows, from row `skip` on */
	COMPARE_CONTENT = 4, /* all columns of its rows, encoded, from byte `skip` on */
} CompareKind;

typedef struct CompareQuestion
{
	uint64_t id; /* chance, so that a late answer is not taken for another */
	CompareKind kind;
	uint8_t relation;
	uint64_t from;
	uint64_t to; /* included */
	uint64_t as_of;
	uint64_t skip;
} CompareQuestion;

typedef struct CompareRow
{
	uint64_t place; /* height << 20 | position in block of what wrote it */
	uint8_t key_size;
	char key[COMPARE_KEY_MAX + 1];
	McHash digest;
} CompareRow;

typedef struct CompareAnswer
{
	uint64_t id;
	CompareKind kind;
	uint8_t relation;
	uint64_t applied; /* last block that is rows there */
	uint32_t
		count; /* RANGES: parts done, fewer than asked for when it would have been too much work */
	uint32_t rows[COMPARE_BUCKETS];
	McHash digests[COMPARE_BUCKETS];
	bool more; /* ROWS: there are some behind these */
	CompareRow list[COMPARE_ROWS_MAX];
	uint64_t size; /* CONTENT: of all of it */
	McSpan chunk;
} CompareAnswer;

extern void compare_question_write(const CompareQuestion *question,
								   uint8_t out[COMPARE_QUESTION_SIZE]);
extern bool compare_question_read(McSpan bytes, CompareQuestion *question);

/* Returns the size, at most COMPARE_ANSWER_MAX. */
extern size_t compare_answer_write(const CompareAnswer *answer, uint8_t out[COMPARE_ANSWER_MAX]);
/* The chunk points into the bytes. */
extern bool compare_answer_read(McSpan bytes, CompareAnswer *answer);

/* The n-th of the parts into which from..to is cut; false when there are fewer. */
extern bool compare_part(uint64_t from, uint64_t to, uint32_t number, uint64_t *part_from,
						 uint64_t *part_to);

#endif
