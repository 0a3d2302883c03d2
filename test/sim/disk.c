/*
 * disk.c - the vote log as A19 has it: what one sync covers is a batch, written twice at places far
 * apart. A crash tears the batch that was on its way; what no sync was asked for yet is in memory
 * and gone. Rot strikes what was synced, one copy or both.
 */
#include "sim/sim.h"

void
sim_log_append(SimLog *log, McSpan record)
{
	if (log->count == log->capacity)
	{
		log->capacity = log->capacity ? 2 * log->capacity : 64;
		log->records = realloc(log->records, log->capacity * sizeof(SimBytes *));
	}
	log->records[log->count++] = sim_bytes(record.data, record.size);
}

static size_t
last_end(const SimLog *log)
{
	return log->batch_count > 0 ? log->batches[log->batch_count - 1].end : 0;
}

/* Whether there are records that no batch holds. */
bool
sim_log_open(const SimLog *log)
{
	return log->count > last_end(log);
}

/* The records since the last batch become one, handed to the disk. */
void
sim_log_close(SimLog *log)
{
	assert(log->synced == log->batch_count);
	if (log->batch_count == log->batch_capacity)
	{
		log->batch_capacity = log->batch_capacity ? 2 * log->batch_capacity : 32;
		log->batches = realloc(log->batches, log->batch_capacity * sizeof(SimBatch));
	}
	log->batches[log->batch_count++] = (SimBatch){ .end = log->count };
}

void
sim_log_synced(SimLog *log)
{
	log->synced = log->batch_count;
}

static void
cut(SimLog *log, size_t batches)
{
	log->batch_count = log->synced = batches;
	while (log->count > last_end(log))
		sim_free(log->records[--log->count]);
}

/* Of the batch under way each copy may have arrived whole or not. */
void
sim_log_crash(SimLog *log)
{
	if (log->synced < log->batch_count)
	{
		SimBatch *torn = &log->batches[log->synced];

		torn->bad[0] = sim_chance(500000);
		torn->bad[1] = sim_chance(500000);
		log->synced++;
	}
	cut(log, log->batch_count);
}

/* False when there is nothing that could rot and still be told from a torn tail. */
bool
sim_log_rot(SimLog *log, bool both)
{
	size_t at;

	if (log->synced < (both ? 2u : 1u))
		return false;
	at = sim_random(log->synced - both);
	/* a batch of which a copy is gone already would be gone altogether */
	if (log->batches[at].bad[0] || log->batches[at].bad[1])
		return false;
	log->batches[at].bad[0] = both || sim_chance(500000);
	log->batches[at].bad[1] = both || !log->batches[at].bad[0];
	return true;
}

/* A19, R0b: one good copy is enough; the last batch bad in both was never synced; any other one bad
 * in both was, and what it said is forgotten: false. What is left is written anew. */
bool
sim_log_recover(SimLog *log)
{
	size_t last = log->batch_count;

	for (size_t i = 0; i < log->batch_count; i++)
	{
		if (log->batches[i].bad[0] && log->batches[i].bad[1] && i + 1 < log->batch_count)
			return false;
		if (log->batches[i].bad[0] && log->batches[i].bad[1])
			last = i;
	}
	cut(log, last);
	for (size_t i = 0; i < log->batch_count; i++)
		log->batches[i].bad[0] = log->batches[i].bad[1] = false;
	return true;
}

void
sim_log_copy(SimLog *to, const SimLog *from)
{
	sim_log_free(to);
	to->at = from->at;
	for (size_t i = 0; i < from->synced; i++)
	{
		size_t begin = i > 0 ? from->batches[i - 1].end : 0;

		for (size_t k = begin; k < from->batches[i].end; k++)
			sim_log_append(to, span_of(from->records[k]->data, from->records[k]->size));
		sim_log_close(to);
		sim_log_synced(to);
	}
}

void
sim_log_free(SimLog *log)
{
	for (size_t i = 0; i < log->count; i++)
		sim_free(log->records[i]);
	free(log->records);
	free(log->batches);
	*log = (SimLog){ 0 };
}
