/* base_merkle.c - RFC 6962 trees: known roots, paths of every leaf, and what must not verify. */
#include "base/digest.h"
#include "base/merkle.h"
#include "unit/check.h"

#define LEAVES_MAX 70

static McHash leaves[LEAVES_MAX];

static void
make_leaves(void)
{
	for (int i = 0; i < LEAVES_MAX; i++)
	{
		uint8_t byte = (uint8_t) i;
		McSpan part = span_of(&byte, 1);

		merkle_leaf(&leaves[i], &part, 1);
	}
}

static void
test_known_roots(void)
{
	McHash root;

	merkle_root(NULL, 0, &root);
	CHECK_HEX(root.bytes, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	merkle_leaf(&root, NULL, 0);
	CHECK_HEX(root.bytes, 32, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

/* Definition of RFC 6962 section 2.1, recursive and slow: the oracle. */
static void
oracle_root(const McHash *at, size_t count, McHash *root)
{
	size_t split = 1;
	McHash left;
	McHash right;

	if (count == 1)
	{
		*root = at[0];
		return;
	}
	while (split * 2 < count)
		split *= 2;
	oracle_root(at, split, &left);
	oracle_root(at + split, count - split, &right);
	merkle_node(root, &left, &right);
}

static void
test_builder_equals_definition(void)
{
	for (size_t count = 1; count <= LEAVES_MAX; count++)
	{
		McHash root;
		McHash expected;

		merkle_root(leaves, count, &root);
		oracle_root(leaves, count, &expected);
		CHECK(hash_equal(&root, &expected));
	}
}

static void
test_every_path(void)
{
	for (size_t count = 1; count <= LEAVES_MAX; count++)
	{
		McHash root;

		merkle_root(leaves, count, &root);
		for (size_t i = 0; i < count; i++)
		{
			McHash path[MERKLE_PATH_MAX];
			size_t used = merkle_path(leaves, count, i, path);

			CHECK(merkle_verify(&root, &leaves[i], i, count, path, used));
			CHECK(!merkle_verify(&root, &leaves[i], i, count, path, used + 1));
			CHECK(used == 0 || !merkle_verify(&root, &leaves[i], i, count, path, used - 1));
			CHECK(!merkle_verify(&root, &leaves[i], count, count, path, used));
			CHECK(!merkle_verify(&root, &leaves[(i + 1) % LEAVES_MAX], i, count, path, used));
		}
	}
}

static void
test_no_tree_of_nothing(void)
{
	McHash root;

	merkle_root(NULL, 0, &root);
	CHECK(!merkle_verify(&root, &leaves[0], 0, 0, NULL, 0));
}

int
main(void)
{
	make_leaves();
	RUN(test_known_roots);
	RUN(test_builder_equals_definition);
	RUN(test_every_path);
	RUN(test_no_tree_of_nothing);
	return CHECK_RESULT();
}
