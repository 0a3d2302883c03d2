/* shard_map.c - the laws of committees, counted over many federations, and every bad map. */
#include "base/digest.h"
#include "shard/map.h"
#include "unit/check.h"

static ShardMap map;
static ShardMap before;
static McProblem problem;

static McHash
salt_of(uint64_t number)
{
	uint8_t bytes[8];
	McHash salt;

	put_be64(bytes, number);
	digest_tagged(&salt, "test-salt", span_of(bytes, 8));
	return salt;
}

static McSpan
name_of(uint32_t number)
{
	static char names[SHARD_MEMBERS_MAX + 1][8];

	snprintf(names[number], sizeof(names[0]), "bank%u", number);
	return span_text(names[number]);
}

/* Members bank0 to bank(n-1), 2^depth shards. */
static McStatus
make_map(uint32_t members, uint32_t depth, uint32_t faults, uint32_t seats, uint64_t salt_number)
{
	ShardRules rules = { faults, seats };
	McHash salt = salt_of(salt_number);
	McSpan names[SHARD_MEMBERS_MAX + 1];
	ShardTree tree;

	shard_tree_init(&tree);
	for (uint32_t i = 0; i < depth; i++)
		for (uint32_t j = 0, count = tree.count; j < count; j++)
			CHECK_INT(shard_tree_split(&tree, 2 * j, &problem), MC_OK);
	for (uint32_t i = 0; i < members; i++)
		names[i] = name_of(i);
	return shard_map_create(&map, &tree, &rules, names, members, &salt, &problem);
}

static bool
sits(const ShardMap *where, uint32_t position, const ShardMember *who)
{
	uint32_t member;

	return shard_map_member(where, span_of(who->name, who->size), &member) &&
		   shard_seated(where, position, member);
}

/* Members that sit in the shard now and did not before. */
static uint32_t
moved_in(uint32_t position)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < map.member_count; i++)
		moved += shard_seated(&map, position, i) && !sits(&before, position, &map.members[i]);
	return moved;
}

static uint32_t
moved_in_all(void)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < map.tree.count; i++)
		moved += moved_in(i);
	return moved;
}

/* Most loaded less least loaded, and whether nobody is without a seat. */
static uint32_t
load_spread(bool *all_sit)
{
	uint32_t loads[SHARD_MEMBERS_MAX];
	uint32_t least = UINT32_MAX;
	uint32_t most = 0;

	shard_map_loads(&map, loads);
	for (uint32_t i = 0; i < map.member_count; i++)
	{
		least = loads[i] < least ? loads[i] : least;
		most = loads[i] > most ? loads[i] : most;
	}
	*all_sit = least > 0;
	return most - least;
}

static void
check_sizes(void)
{
	uint32_t needed = map.seats == 0 ? map.member_count : map.seats;

	for (uint32_t i = 0; i < map.tree.count; i++)
		CHECK_INT(shard_committee_size(&map, i), needed);
}

/* Every federation of 4 to 40 members with 1 to 16 shards of 4, 7 and 10 seats. */
#define EACH_FEDERATION(members, depth, seats)                                                     \
	for (uint32_t depth = 0; depth <= 4; depth++)                                                  \
		for (uint32_t seats = 4; seats <= 10; seats += 3)                                          \
			for (uint32_t members = seats; members <= 40; members++)

static void
test_the_same_answer_whatever_the_order_of_names(void)
{
	ShardRules rules = { 1, 4 };
	McHash salt = salt_of(1);
	McSpan backwards[16];

	CHECK_INT(make_map(16, 3, 1, 4, 1), MC_OK);
	before = map;
	for (uint32_t i = 0; i < 16; i++)
		backwards[i] = name_of(15 - i);
	CHECK_INT(shard_map_create(&map, &before.tree, &rules, backwards, 16, &salt, &problem), MC_OK);
	CHECK(memcmp(&map, &before, sizeof(map)) == 0);
}

/* A change of the rules changes this digest, and the shards of every federation. */
static void
test_the_same_answer_as_ever(void)
{
	static uint8_t bytes[SHARD_MAP_BYTES_MAX];
	McHash salt = salt_of(3);
	WireWriter writer;
	McHash digest;

	CHECK_INT(make_map(16, 3, 1, 4, 2), MC_OK);
	CHECK_INT(shard_map_admit(&map, span_text("newcomer"), &salt, &problem), MC_OK);
	CHECK_INT(shard_map_split(&map, 9, &problem), MC_OK);
	CHECK_INT(shard_map_remove(&map, name_of(5), &salt, &problem), MC_OK);
	CHECK_INT(shard_map_resalt(&map, &salt, &problem), MC_OK);
	CHECK_INT(shard_map_merge(&map, 14, &salt, &problem), MC_OK);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	shard_map_write(&writer, &map);
	digest_tagged(&digest, "", wire_written(&writer));
	CHECK_HEX(digest.bytes, 32,
			  "6cb20805ba2885ef19c524bfd612f20e4487113a736ff52cfab0c07c25bf8837");
}

static void
test_everybody_sits_when_seats_suffice_and_loads_are_even(void)
{
	uint32_t federations = 0;

	EACH_FEDERATION(members, depth, seats)
	{
		bool all_sit;

		CHECK_INT(make_map(members, depth, 1, seats, members), MC_OK);
		check_sizes();
		CHECK(load_spread(&all_sit) <= 1);
		CHECK(all_sit == (members <= seats << depth));
		federations++;
	}
	printf("# even loads in %u federations\n", federations);
}

static void
test_a_newcomer_moves_exactly_its_fair_share(void)
{
	EACH_FEDERATION(members, depth, seats)
	{
		McHash salt = salt_of(members + 1000);
		bool all_sit;

		CHECK_INT(make_map(members, depth, 1, seats, members), MC_OK);
		before = map;
		CHECK_INT(shard_map_admit(&map, span_text("newcomer"), &salt, &problem), MC_OK);
		check_sizes();
		CHECK_INT(moved_in_all(), (seats << depth) / (members + 1));
		CHECK(load_spread(&all_sit) <= 1);
		CHECK(all_sit == (members + 1 <= seats << depth));
	}
}

static void
test_a_leaver_moves_only_its_own_seats(void)
{
	EACH_FEDERATION(members, depth, seats)
	{
		McHash salt = salt_of(members + 2000);
		uint32_t fair = ((seats << depth) + members - 1) / members;
		bool all_sit;

		CHECK_INT(make_map(members, depth, 1, seats, members), MC_OK);
		before = map;
		if (members == seats)
		{
			CHECK_INT(shard_map_remove(&map, name_of(1), &salt, &problem), MC_COMMITTEE_SHORT);
			CHECK(memcmp(&map, &before, sizeof(map)) == 0);
			continue;
		}
		CHECK_INT(shard_map_remove(&map, name_of(1), &salt, &problem), MC_OK);
		check_sizes();
		CHECK(moved_in_all() <= fair);
		CHECK(load_spread(&all_sit) <= 2);
		CHECK(all_sit == (members - 1 <= seats << depth));
		for (uint32_t i = 0; i < map.tree.count; i++)
			CHECK(moved_in(i) == 1 || !sits(&before, i, &before.members[1]) || members == seats);
	}
}

static void
test_a_split_keeps_every_committee(void)
{
	uint32_t position;

	CHECK_INT(make_map(20, 3, 1, 4, 7), MC_OK);
	before = map;
	CHECK_INT(shard_map_split(&map, 10, &problem), MC_OK);
	CHECK_INT(map.tree.count, 9);
	for (uint32_t i = 0; i < 9; i++)
	{
		uint32_t number = map.tree.leaves[i].number;

		CHECK(shard_tree_position(&before.tree, number / 2 == 10 ? 10 : number, &position));
		CHECK(memcmp(&map.committees[i], &before.committees[position],
					 sizeof(ShardCommittee)) == 0);
	}
}

static void
test_a_merge_takes_its_seats_from_the_two(void)
{
	for (uint32_t members = 8; members <= 30; members++)
	{
		McHash salt = salt_of(members);
		uint32_t left;
		uint32_t at;

		CHECK_INT(make_map(members, 3, 1, 7, 7), MC_OK);
		before = map;
		CHECK_INT(shard_map_merge(&map, 13, &salt, &problem), MC_OK);
		check_sizes();
		CHECK(shard_tree_position(&before.tree, 12, &left));
		CHECK(shard_tree_position(&map.tree, 6, &at));
		for (uint32_t i = 0; i < map.member_count; i++)
		{
			bool in_left = shard_seated(&before, left, i);
			bool in_right = shard_seated(&before, left + 1, i);

			CHECK(!(in_left && in_right) || shard_seated(&map, at, i));
			CHECK(in_left || in_right || !shard_seated(&map, at, i));
		}
		for (uint32_t i = 0; i < 7; i++)
			if (i != at)
				CHECK(memcmp(&map.committees[i], &before.committees[i < at ? i : i + 1],
							 sizeof(ShardCommittee)) == 0);
	}
}

/* Shards that moved none: one left over from the exchanges, or several with the same committee. */
static bool
have_one_committee(const bool still[SHARD_COUNT_MAX])
{
	const ShardCommittee *first = NULL;

	for (uint32_t i = 0; i < map.tree.count; i++)
	{
		if (!still[i])
			continue;
		if (first != NULL && memcmp(first, &map.committees[i], sizeof(*first)) != 0)
			return false;
		first = &map.committees[i];
	}
	return true;
}

/* Never two of a committee; one, wherever there is somebody to exchange it for. */
static void
test_a_resalt_moves_one_seat(void)
{
	uint32_t seats_moved = 0;
	uint32_t shards = 0;

	EACH_FEDERATION(members, depth, seats)
	{
		CHECK_INT(make_map(members, depth, 1, seats, members), MC_OK);
		for (uint64_t epoch = 1; epoch <= 5; epoch++)
		{
			McHash salt = salt_of(members * 100 + epoch);
			bool still[SHARD_COUNT_MAX];
			bool all_sit;

			before = map;
			CHECK_INT(shard_map_resalt(&map, &salt, &problem), MC_OK);
			CHECK_INT(map.epoch, epoch);
			check_sizes();
			for (uint32_t i = 0; i < map.tree.count; i++)
			{
				CHECK(moved_in(i) <= 1);
				still[i] = moved_in(i) == 0;
			}
			CHECK(have_one_committee(still));
			seats_moved += moved_in_all();
			shards += members == seats ? 0 : map.tree.count;
			CHECK(load_spread(&all_sit) <= 1);
			CHECK(all_sit == (members <= seats << depth));
		}
	}
	CHECK(seats_moved <= shards && seats_moved >= shards / 100 * 98);
	printf("# %u seats moved in %u re-salted committees\n", seats_moved, shards);
}

/* One shard of four is split to sixteen shards of sixteen members: twelve of them sat nowhere. */
static void
test_resalts_even_out_what_splits_left_uneven(void)
{
	uint32_t epochs = 0;
	bool all_sit = false;

	CHECK_INT(make_map(16, 0, 1, 4, 9), MC_OK);
	for (uint32_t number = 1; number < 16; number++)
		CHECK_INT(shard_map_split(&map, number, &problem), MC_OK);
	CHECK_INT(load_spread(&all_sit), 16);
	while (load_spread(&all_sit) > 1 && epochs < 100)
	{
		McHash salt = salt_of(++epochs);

		CHECK_INT(shard_map_resalt(&map, &salt, &problem), MC_OK);
	}
	CHECK(all_sit);
	CHECK_INT(epochs, 4);
}

/* A removal may leave a spread of two; the next re-salts bring it back to one. */
static void
test_resalts_even_out_what_removals_left_uneven(void)
{
	uint32_t longest = 0;

	EACH_FEDERATION(members, depth, seats)
	{
		uint32_t epochs = 0;
		bool all_sit;

		if (members < seats + 3)
			continue;
		CHECK_INT(make_map(members, depth, 1, seats, members), MC_OK);
		for (uint32_t i = 0; i < 3; i++)
		{
			McHash salt = salt_of(members + i);

			CHECK_INT(shard_map_remove(&map, name_of(i), &salt, &problem), MC_OK);
		}
		while (load_spread(&all_sit) > 1 && epochs < 10)
		{
			McHash salt = salt_of(++epochs);

			CHECK_INT(shard_map_resalt(&map, &salt, &problem), MC_OK);
		}
		longest = epochs > longest ? epochs : longest;
	}
	CHECK(longest <= 2);
	printf("# even again after %u epochs at most\n", longest);
}

static void
test_seats_zero_means_everybody(void)
{
	McHash salt = salt_of(1);

	CHECK_INT(make_map(4, 2, 1, 0, 1), MC_OK);
	check_sizes();
	CHECK_INT(shard_map_admit(&map, span_text("a"), &salt, &problem), MC_OK);
	CHECK_INT(map.member_count, 5);
	check_sizes();
	CHECK_INT(shard_map_remove(&map, span_text("bank2"), &salt, &problem), MC_OK);
	check_sizes();
	before = map;
	CHECK_INT(shard_map_resalt(&map, &salt, &problem), MC_OK);
	CHECK_INT(moved_in_all(), 0);
	CHECK_INT(shard_map_merge(&map, 4, &salt, &problem), MC_OK);
	check_sizes();
	CHECK_INT(shard_map_remove(&map, span_text("bank1"), &salt, &problem), MC_COMMITTEE_UNSAFE);
	CHECK(problem.number == 3 && problem.limit == 4);
}

static void
test_a_committee_that_cannot_be_filled(void)
{
	CHECK_INT(make_map(3, 0, 1, 4, 1), MC_COMMITTEE_SHORT);
	CHECK(problem.number == 3 && problem.limit == 4);
	CHECK_INT(make_map(4, 0, 1, 4, 1), MC_OK);
	CHECK_INT(make_map(0, 0, 0, 0, 1), MC_COMMITTEE_SHORT);
	CHECK_INT(make_map(10, 0, 2, 6, 1), MC_COMMITTEE_UNSAFE);
	CHECK(problem.number == 6 && problem.limit == 7);
	CHECK_INT(make_map(10, 0, 2, 7, 1), MC_OK);
	CHECK_INT(make_map(6, 0, 2, 0, 1), MC_COMMITTEE_UNSAFE);
	CHECK_INT(make_map(128, 0, SHARD_FAULTS_MAX, 128, 1), MC_OK);
	CHECK_INT(make_map(128, 0, SHARD_FAULTS_MAX + 1, 128, 1), MC_OUT_OF_RANGE);
	CHECK_INT(make_map(129, 0, 1, 4, 1), MC_SHARD_MEMBERS_TOO_MANY);
}

static void
test_bad_names_and_unknown_shards(void)
{
	McHash salt = salt_of(1);
	char name[SHARD_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	CHECK_INT(make_map(4, 1, 1, 4, 1), MC_OK);
	before = map;
	CHECK_INT(shard_map_admit(&map, name_of(2), &salt, &problem), MC_SHARD_MEMBER_KNOWN);
	CHECK(strcmp(problem.name, "bank2") == 0);
	CHECK_INT(shard_map_admit(&map, span_text(""), &salt, &problem), MC_SHARD_MEMBER_NAME);
	CHECK_INT(shard_map_admit(&map, span_text("\xFF"), &salt, &problem), MC_SHARD_MEMBER_NAME);
	CHECK_INT(shard_map_admit(&map, span_of(name, SHARD_NAME_MAX + 1), &salt, &problem),
			  MC_SHARD_MEMBER_NAME);
	CHECK_INT(shard_map_remove(&map, span_text("bank9"), &salt, &problem), MC_SHARD_MEMBER_UNKNOWN);
	CHECK_INT(shard_map_split(&map, 1, &problem), MC_SHARD_UNKNOWN);
	CHECK_INT(shard_map_split(&map, 0, &problem), MC_SHARD_UNKNOWN);
	CHECK_INT(shard_map_split(&map, UINT32_MAX, &problem), MC_SHARD_UNKNOWN);
	CHECK_INT(shard_map_merge(&map, 4, &salt, &problem), MC_SHARD_UNKNOWN);
	CHECK(memcmp(&map, &before, sizeof(map)) == 0);
	CHECK_INT(shard_map_admit(&map, span_of(name, SHARD_NAME_MAX), &salt, &problem), MC_OK);
	map.epoch = SHARD_EPOCH_MAX;
	CHECK_INT(shard_map_resalt(&map, &salt, &problem), MC_OUT_OF_RANGE);
}

static void
test_the_largest_map_reads_back_as_written(void)
{
	static uint8_t bytes[SHARD_MAP_BYTES_MAX];
	static char names[SHARD_MEMBERS_MAX][SHARD_NAME_MAX + 1];
	ShardRules rules = { SHARD_FAULTS_MAX, 0 };
	McSpan spans[SHARD_MEMBERS_MAX];
	McHash salt = salt_of(1);
	ShardTree tree;
	WireWriter writer;

	CHECK_INT(make_map(4, 10, 1, 4, 1), MC_OK);
	tree = map.tree;
	tree.generation = SHARD_GENERATION_MAX;
	for (uint32_t i = 0; i < tree.count; i++)
		tree.leaves[i].born = SHARD_GENERATION_MAX;
	for (int i = 0; i < SHARD_MEMBERS_MAX; i++)
	{
		snprintf(names[i], sizeof(names[i]), "%063d", i);
		spans[i] = span_text(names[i]);
	}
	CHECK_INT(shard_map_create(&map, &tree, &rules, spans, SHARD_MEMBERS_MAX, &salt, &problem),
			  MC_OK);
	map.epoch = SHARD_EPOCH_MAX;
	wire_writer_init(&writer, bytes, sizeof(bytes));
	shard_map_write(&writer, &map);
	CHECK(!writer.full);
	CHECK_INT(shard_map_read(wire_written(&writer), &before, &problem), MC_OK);
	CHECK(memcmp(&map, &before, sizeof(map)) == 0);
}

/* Cut at every byte, extended, every bit flipped: refused, or another map in canonical form. */
static void
test_no_damaged_map_is_misread(void)
{
	static uint8_t bytes[SHARD_MAP_BYTES_MAX];
	static uint8_t again[SHARD_MAP_BYTES_MAX];
	WireWriter writer;
	McSpan good;
	uint32_t refused = 0;

	CHECK_INT(make_map(7, 2, 1, 4, 3), MC_OK);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	shard_map_write(&writer, &map);
	good = wire_written(&writer);
	for (size_t size = 0; size < good.size; size++)
		CHECK(shard_map_read(span_of(bytes, size), &before, &problem) != MC_OK);
	CHECK_INT(shard_map_read(span_of(bytes, good.size + 1), &before, &problem), MC_TRAILING_BYTES);
	CHECK_INT(problem.number, 1);
	for (size_t bit = 0; bit < good.size * 8; bit++)
	{
		WireWriter second;

		bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
		wire_writer_init(&second, again, sizeof(again));
		if (shard_map_read(good, &before, &problem) != MC_OK)
			refused++;
		else
		{
			shard_map_write(&second, &before);
			CHECK(span_compare(wire_written(&second), good) == 0);
		}
		bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	CHECK(refused > good.size * 4);
}

static McStatus
read_text_map(const char *bytes, size_t size)
{
	return shard_map_read(span_of(bytes, size), &before, &problem);
}

/* [1, 0, [1, [[1, 1]]], 0, SEATS, ["a", "b"], COMMITTEES] */
#define HEAD "\x87\x01\x00\x82\x01\x81\x82\x01\x01\x00"
#define MAP(tail) read_text_map(HEAD tail, sizeof(HEAD tail) - 1)
#define NAMES "\x82\x61" "a" "\x61" "b"

static void
test_each_rule_of_a_map(void)
{
	CHECK_INT(MAP("\x02" NAMES "\x81\x82\x00\x01"), MC_OK);
	CHECK_INT(MAP("\x01" NAMES "\x81\x81\x01"), MC_OK);
	CHECK_INT(MAP("\x00" NAMES "\x81\x82\x00\x01"), MC_OK);
	CHECK_INT(MAP("\x00" NAMES "\x81\x81\x00"), MC_COMMITTEE_MALFORMED);
	CHECK_INT(MAP("\x02" NAMES "\x81\x82\x01\x00"), MC_COMMITTEE_MALFORMED);
	CHECK_INT(MAP("\x02" NAMES "\x81\x82\x00\x00"), MC_COMMITTEE_MALFORMED);
	CHECK_INT(MAP("\x02" NAMES "\x81\x82\x00\x02"), MC_COMMITTEE_MALFORMED);
	CHECK_INT(MAP("\x02" NAMES "\x81\x81\x00"), MC_COMMITTEE_MALFORMED);
	CHECK_INT(MAP("\x02" NAMES "\x80"), MC_OUT_OF_RANGE);
	CHECK_INT(MAP("\x03" NAMES "\x81\x83\x00\x01\x02"), MC_COMMITTEE_SHORT);
	CHECK_INT(MAP("\x02\x82\x61" "b\x61" "a\x81\x82\x00\x01"), MC_SHARD_MEMBER_NAME);
	CHECK_INT(MAP("\x02\x82\x61" "a\x61" "a\x81\x82\x00\x01"), MC_SHARD_MEMBER_NAME);
	CHECK_INT(MAP("\x02\x82\x60\x61" "a\x81\x82\x00\x01"), MC_SHARD_MEMBER_NAME);
	CHECK_INT(MAP("\x02\x9A\xFF\xFF\xFF\xFF"), MC_TRUNCATED);
}

/* One shard of one member; the epoch and the size of the name are at their limits or one over. */
static McStatus
read_map_at_limits(uint64_t epoch, size_t name_size)
{
	uint8_t bytes[256];
	char name[SHARD_NAME_MAX + 2];
	WireWriter writer;
	ShardTree tree;

	memset(name, 'x', sizeof(name));
	shard_tree_init(&tree);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	wire_put_array(&writer, 7);
	wire_put_uint(&writer, SHARD_MAP_VERSION);
	wire_put_uint(&writer, epoch);
	shard_tree_write(&writer, &tree);
	wire_put_uint(&writer, 0);
	wire_put_uint(&writer, 1);
	wire_put_array(&writer, 1);
	wire_put_text(&writer, span_of(name, name_size));
	wire_put_array(&writer, 1);
	wire_put_array(&writer, 1);
	wire_put_uint(&writer, 0);
	return shard_map_read(wire_written(&writer), &before, &problem);
}

static void
test_limits_of_epoch_and_name(void)
{
	CHECK_INT(read_map_at_limits(SHARD_EPOCH_MAX, SHARD_NAME_MAX), MC_OK);
	CHECK_INT(read_map_at_limits(SHARD_EPOCH_MAX + 1, SHARD_NAME_MAX), MC_OUT_OF_RANGE);
	CHECK_INT(read_map_at_limits(UINT64_MAX, SHARD_NAME_MAX), MC_OUT_OF_RANGE);
	CHECK_INT(read_map_at_limits(0, SHARD_NAME_MAX + 1), MC_SHARD_MEMBER_NAME);
}

int
main(void)
{
	RUN(test_the_same_answer_whatever_the_order_of_names);
	RUN(test_the_same_answer_as_ever);
	RUN(test_everybody_sits_when_seats_suffice_and_loads_are_even);
	RUN(test_a_newcomer_moves_exactly_its_fair_share);
	RUN(test_a_leaver_moves_only_its_own_seats);
	RUN(test_a_split_keeps_every_committee);
	RUN(test_a_merge_takes_its_seats_from_the_two);
	RUN(test_a_resalt_moves_one_seat);
	RUN(test_resalts_even_out_what_splits_left_uneven);
	RUN(test_resalts_even_out_what_removals_left_uneven);
	RUN(test_seats_zero_means_everybody);
	RUN(test_a_committee_that_cannot_be_filled);
	RUN(test_bad_names_and_unknown_shards);
	RUN(test_the_largest_map_reads_back_as_written);
	RUN(test_no_damaged_map_is_misread);
	RUN(test_each_rule_of_a_map);
	RUN(test_limits_of_epoch_and_name);
	return CHECK_RESULT();
}
