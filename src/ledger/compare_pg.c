/*
 * compare_pg.c - see compare_pg.h. One pass over the rows of a question; it ends early, at the end
 * of a part, when it has cost enough.
 */
#include "ledger/compare_pg.h"

#include "base/digest.h"
#include "executor/spi.h"
#include "utils/memutils.h"

/* What one answer may cost: some ten milliseconds. */
#define ANSWER_COST 20000
/* Asking costs something even where there is nothing; long rows cost as several. */
#define QUESTION_COST 100
#define ROW_BYTES 256
#define WIDTH_MAX 4096
/* Rows that come without an order have to be sorted before the first is seen. */
#define WIDTH_SORTED_MAX 256
/* Content of one position, all of it: a block at its limits is smaller. */
#define CONTENT_MAX (64 * 1024 * 1024)

typedef struct Pass
{
	CompareAnswer *answer;
	const CompareQuestion *question;
	uint64_t cost;
	uint64_t seen; /* rows or bytes */
	bool enough;

	/* the digest of the part under way: that of its rows' digests */
	uint32_t part;
	bool in_part;
	uint64_t part_from;
	uint64_t part_to;
	uint32_t rows;
	uint32_t capacity;
	McHash *digests;

	uint8_t chunk[COMPARE_CHUNK_MAX];
	size_t chunk_size;
} Pass;

static void
end_part(Pass *pass)
{
	CompareAnswer *answer = pass->answer;
	const CompareQuestion *question = pass->question;

	answer->rows[pass->part] = pass->rows;
	digest_tagged(&answer->digests[pass->part], "MES1-rows",
				  span_of(pass->digests, (size_t) pass->rows * HASH_SIZE));
	answer->count = ++pass->part;
	pass->rows = 0;
	pass->in_part =
		pass->part < COMPARE_BUCKETS &&
		compare_part(question->from, question->to, pass->part, &pass->part_from, &pass->part_to);
}

static void
add_digest(Pass *pass, const McHash *digest)
{
	if (pass->rows == pass->capacity)
	{
		pass->capacity *= 2;
		pass->digests = repalloc_huge(pass->digests, (Size) pass->capacity * HASH_SIZE);
	}
	pass->digests[pass->rows++] = *digest;
}

static void
count_cost(Pass *pass, const RowsetRow *row)
{
	pass->cost += 1 + row->content.size / ROW_BYTES;
}

static bool
visit_range(void *context, const RowsetRow *row)
{
	Pass *pass = context;
	McHash digest = rowset_digest(row->content);

	count_cost(pass, row);
	while (pass->in_part && row->position > pass->part_to)
		end_part(pass);
	/* one position is always done: a block has its limits */
	pass->enough = pass->cost > ANSWER_COST && pass->part_from < pass->part_to;
	if (pass->enough)
		return false;
	add_digest(pass, &digest);
	return true;
}

static bool
visit_row(void *context, const RowsetRow *row)
{
	Pass *pass = context;
	CompareAnswer *answer = pass->answer;
	CompareRow *listed = &answer->list[answer->count];

	count_cost(pass, row);
	/* who compares asks for the rows of one position, or of a range that has few */
	if (pass->cost > ANSWER_COST && pass->question->from != pass->question->to)
	{
		answer->count = 0;
		return false;
	}
	if (pass->seen++ < pass->question->skip)
		return true;
	answer->more = answer->count == COMPARE_ROWS_MAX;
	if (answer->more)
		return false;
	listed->place = row->place;
	listed->key_size = (uint8_t) Min(strlen(row->key), COMPARE_KEY_MAX);
	memcpy(listed->key, row->key, listed->key_size);
	listed->key[listed->key_size] = '\0';
	listed->digest = rowset_digest(row->content);
	answer->count++;
	return true;
}

/* What of these bytes lies in the chunk asked for. */
static void
put_content(Pass *pass, const uint8_t *bytes, size_t size)
{
	uint64_t skip = pass->question->skip;
	uint64_t start = skip > pass->seen ? skip - pass->seen : 0;

	if (start < size)
	{
		size_t take = Min(size - start, COMPARE_CHUNK_MAX - pass->chunk_size);

		memcpy(pass->chunk + pass->chunk_size, bytes + start, take);
		pass->chunk_size += take;
	}
	pass->seen += size;
}

static bool
visit_content(void *context, const RowsetRow *row)
{
	Pass *pass = context;
	uint8_t head[4];

	count_cost(pass, row);
	put_be32(head, (uint32_t) row->content.size);
	put_content(pass, head, sizeof(head));
	put_content(pass, row->content.data, row->content.size);
	return pass->seen < CONTENT_MAX;
}

static void
answer_ranges(const RowsetRange *range, Pass *pass)
{
	pass->in_part =
		compare_part(pass->question->from, pass->question->to, 0, &pass->part_from, &pass->part_to);
	pass->capacity = 1024;
	pass->digests = palloc((Size) pass->capacity * HASH_SIZE);
	rowset_scan(range, visit_range, pass);
	while (!pass->enough && pass->in_part)
		end_part(pass);
}

uint64_t
compare_width(RowsetRelation relation)
{
	if (!rowsets[relation].by_height)
		return COMPARE_POSITION_MAX;
	return relation == ROWSET_STATE ? WIDTH_SORTED_MAX : WIDTH_MAX;
}

uint64_t
compare_answer(const CompareQuestion *question, uint64_t applied, CompareAnswer *answer)
{
	Pass *pass = palloc0(sizeof(Pass));
	RowsetRange range = { .relation = (RowsetRelation) question->relation,
						  .from = question->from,
						  .to = question->to,
						  .as_of = question->as_of,
						  .with_key = question->kind == COMPARE_ROWS,
						  .whole = question->kind == COMPARE_CONTENT };

	memset(answer, 0, offsetof(CompareAnswer, list));
	answer->id = question->id;
	answer->kind = question->kind;
	answer->relation = question->relation;
	answer->applied = applied;
	*pass = (Pass){ .answer = answer, .question = question, .cost = QUESTION_COST };
	/* what this node has no such relation for, or would take too long, has no parts and no rows */
	if (question->relation >= ROWSET_COUNT ||
		(question->kind == COMPARE_CONTENT && question->from != question->to) ||
		question->to - question->from >= compare_width((RowsetRelation) question->relation))
		return pass->cost;
	if (question->kind == COMPARE_RANGES)
		answer_ranges(&range, pass);
	else if (question->kind == COMPARE_ROWS)
		rowset_scan(&range, visit_row, pass);
	else if (question->kind == COMPARE_CONTENT)
	{
		rowset_scan(&range, visit_content, pass);
		answer->size = pass->seen;
		answer->chunk = span_of(pass->chunk, pass->chunk_size);
	}
	return pass->cost;
}

uint64_t
compare_last_position(RowsetRelation relation, uint64_t as_of)
{
	const Rowset *set = &rowsets[relation];
	bool isnull;

	if (set->by_height)
		return as_of;
	if (SPI_execute(psprintf("SELECT coalesce(max(%s), 0)::bigint FROM mes_internal.%s",
							 set->position, set->name),
					true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the last row of %s", set->name);
	return (uint64_t) DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}
