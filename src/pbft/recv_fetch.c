/*
 * recv_fetch.c - M8: blocks live with the caller, so it answers; fenced nodes serve too (A18).
 */
#include "pbft/replica.h"

McStatus
pbft_recv_fetch(PbftReplica *replica, const PbftMessage *message)
{
	PbftEffect *effect = pbft_emit(replica, PBFT_SERVE);

	effect->member = message->sender;
	effect->height = message->u.fetch.height;
	effect->count = message->u.fetch.count;
	effect->hash = message->u.fetch.hash;
	return MC_OK;
}
