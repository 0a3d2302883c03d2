/*
 * body.c - the bodies a node holds, by block hash, and its door for them: a body is the block's
 * only when every byte of it, signatures included, is under the header's tx_root (A1).
 */
#include "sim/sim.h"

static const McHash none;

void
sim_body_root(const SimBody *body, McHash *root)
{
	put_be64(root->bytes, body->tx);
	put_be64(root->bytes + 8, mac_mix(body->witness ^ mac_mix(body->tx)));
	put_be64(root->bytes + 16, body->witness);
	put_be64(root->bytes + 24,
			 mac_mix(body->rejoin ^ mac_mix((uint64_t) body->proof << 32 | body->returning)));
}

/* A result is of everything below it and of what the block did. */
void
sim_exec_root(const McHash *previous, const SimBlock *block, McHash *root)
{
	for (int i = 0; i < 4; i++)
		put_be64(root->bytes + 8 * i,
				 mac_mix(get_be64(previous->bytes + 8 * i) * 3 +
						 get_be64(block->hash.bytes + 8 * i) + 1 + block->effect));
}

static size_t
place_of(const McHash *table, size_t capacity, const McHash *hash)
{
	size_t at = get_be64(hash->bytes) & (capacity - 1);

	while (!hash_equal(&table[at], &none) && !hash_equal(&table[at], hash))
		at = (at + 1) & (capacity - 1);
	return at;
}

const SimBody *
sim_body_held(const SimNode *node, const McHash *hash)
{
	size_t at;

	if (node->body_capacity == 0)
		return NULL;
	at = place_of(node->bodies, node->body_capacity, hash);
	return hash_equal(&node->bodies[at], hash) ? &node->body_contents[at] : NULL;
}

static void
grow(SimNode *node)
{
	size_t capacity = node->body_capacity > 0 ? 2 * node->body_capacity : 64;
	McHash *table = calloc(capacity, sizeof(McHash));
	SimBody *contents = calloc(capacity, sizeof(SimBody));

	for (size_t i = 0; i < node->body_capacity; i++)
	{
		size_t at;

		if (hash_equal(&node->bodies[i], &none))
			continue;
		at = place_of(table, capacity, &node->bodies[i]);
		table[at] = node->bodies[i];
		contents[at] = node->body_contents[i];
	}
	sim_body_free(node);
	node->bodies = table;
	node->body_contents = contents;
	node->body_capacity = capacity;
}

void
sim_body_take(SimNode *node, const PbftHeader *header, const McHash *hash, const SimBody *body)
{
	McHash root;
	size_t at;

	sim_body_root(body, &root);
	if (!hash_equal(&root, &header->tx_root) || sim_body_held(node, hash) != NULL)
		return;
	if (2 * node->body_count >= node->body_capacity)
		grow(node);
	at = place_of(node->bodies, node->body_capacity, hash);
	node->bodies[at] = *hash;
	node->body_contents[at] = *body;
	node->body_count++;
}

void
sim_body_free(SimNode *node)
{
	free(node->bodies);
	free(node->body_contents);
	node->bodies = NULL;
	node->body_contents = NULL;
	node->body_capacity = 0;
}
