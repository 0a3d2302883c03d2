/*
 * pbft_turn.h - what a member does about its replica's effects: the floor of docs/pbft.md in small.
 */
#ifndef MESCHAIN_TEST_PBFT_TURN_H
#define MESCHAIN_TEST_PBFT_TURN_H

#include "unit/pbft_member.h"

static inline void
serve(Member *member, const PbftEffect *effect)
{
	uint8_t out[PBFT_MESSAGE_MAX];
	const Stored *lone = effect->count == 0 ? find_header(&effect->hash) : NULL;

	if (lone != NULL)
		send_to(member, effect->member,
				span_of(out, pbft_certified_encode(&member->config.domain, member->number,
												   &lone->header, span_of(NULL, 0),
												   span_of(NULL, 0), out)));
	for (uint64_t at = effect->height; at < effect->height + effect->count; at++)
	{
		const Stored *block = &member->tables[at];
		PbftDomain domain = member->config.domain;

		if (at == 0 || at > member->applied)
			continue;
		pbft_instance(block->at.epoch, block->at.resume_no, &block->at.anchor_hash,
					  &block->at.valset_hash, domain.instance);
		send_to(member, effect->member,
				span_of(out, pbft_certified_encode(
								 &domain, member->number, &block->header,
								 span_of(block->commit.data, block->commit.size),
								 span_of(block->checkpoint.data, block->checkpoint.size), out)));
	}
}

static inline void
give_candidate(Member *member, const PbftEffect *effect)
{
	PbftCandidate candidate = { .request = effect->request, .tx_count = 1 };

	put_be64(candidate.tx_root.bytes, ++salt);
	for (int i = 1; i < ONION_LAYERS; i++)
		if (hash_equal(&onions[member->number][i], &effect->onion))
			candidate.onion_reveal = onions[member->number][i - 1];
	step(member, (PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
	step(member, (PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 0 });
}

static inline void
execute(Member *member, const PbftEffect *effect)
{
	Stored *block = &member->tables[effect->height];
	uint8_t parts[2 * HASH_SIZE];
	PbftCertificate order;
	McProblem problem;

	CHECK_INT(effect->height, member->ordered + 1);
	CHECK_INT(pbft_certificate_decode(effect->bytes, &order, &problem), MC_OK);
	CHECK(order.subject.kind == PBFT_COMMIT && order.subject.height >= effect->height);
	assert(effect->height < HEIGHT_MAX);
	member->ordered = effect->height;
	block->header = *effect->header;
	block->hash = effect->hash;
	block->at = member->at;
	block->commit = keep(effect->bytes.data, effect->bytes.size);
	memcpy(parts, member->tables[effect->height - 1].exec_root.bytes, HASH_SIZE);
	memcpy(parts + HASH_SIZE, effect->hash.bytes, HASH_SIZE);
	block->exec_root = digest_of(parts, sizeof(parts));
	member->executed = effect->height;
	step(member, (PbftEvent){ .kind = PBFT_EVENT_EXECUTED, .height = effect->height,
							  .hash = block->exec_root, .next_valset = { { 7 } } });
}

static inline void
perform(Member *member, const PbftEffect *effect)
{
	switch (effect->kind)
	{
		case PBFT_SEND:
			send_to(member, effect->member, effect->bytes);
			break;
		case PBFT_BROADCAST:
			for (uint32_t i = 0; i < MEMBERS; i++)
				send_to(member, i, effect->bytes);
			break;
		case PBFT_SERVE:
			serve(member, effect);
			break;
		case PBFT_REQUEST_BLOCK:
			give_candidate(member, effect);
			break;
		case PBFT_PROPOSED:
			learn_header(effect->header, &effect->hash);
			break;
		case PBFT_VALIDATE:
			step(member, (PbftEvent){ .kind = PBFT_EVENT_VALIDATED, .hash = effect->hash,
									  .valid = true });
			break;
		case PBFT_EXECUTE:
			execute(member, effect);
			break;
		case PBFT_COMMIT_RESULT:
			member->tables[effect->height].checkpoint =
				keep(effect->bytes.data, effect->bytes.size);
			member->applied = effect->height;
			step(member, (PbftEvent){ .kind = PBFT_EVENT_APPLIED, .height = effect->height });
			break;
		case PBFT_SET_TIMER:
			member->deadline[effect->timer] = now_ms + effect->delay_ms;
			member->generation[effect->timer] = effect->generation;
			break;
		case PBFT_STOP_TIMER:
			member->deadline[effect->timer] = 0;
			break;
		case PBFT_NOTE:
			member->epoch_over |= effect->note == PBFT_NOTE_EPOCH_ENDED;
			member->views_left += effect->note == PBFT_NOTE_VIEW_CHANGE;
			member->fenced_notes += effect->note == PBFT_NOTE_FENCED;
			CHECK(effect->note != PBFT_NOTE_DIVERGED);
			CHECK(effect->note != PBFT_NOTE_EVIDENCE);
			break;
		default:
			break;
	}
}

static inline void
end_turn(Member *member)
{
	for (size_t i = 0; i < member->effects.count; i++)
	{
		const PbftEffect *effect = &member->effects.list[i];

		if (effect->kind == PBFT_PERSIST && member->log_count < LOG_RECORDS)
			member->log[member->log_count++] = keep(effect->bytes.data, effect->bytes.size);
		perform(member, effect);
	}
	pbft_effects_clear(&member->effects);
}

static inline void
turn(Member *member, PbftEvent event)
{
	if (!member->up)
		return;
	step(member,
		 (PbftEvent){ .kind = PBFT_EVENT_CLOCK, .now_ms = now_ms, .wall_ms = 1000000 + now_ms });
	step(member, event);
	end_turn(member);
}

static inline PbftTip
tip_of(const Member *member, uint64_t height)
{
	const Stored *block = &member->tables[height];
	PbftTip tip = { .height = height, .hash = block->hash, .exec_root = block->exec_root };

	tip.ts_ms = block->header.ts_ms;
	tip.stable_height = block->header.stable_height;
	tip.stable_exec_root = block->header.stable_exec_root;
	tip.flags = block->header.flags;
	return tip;
}

#endif
