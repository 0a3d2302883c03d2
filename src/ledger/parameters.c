/* parameters.c - the table of consensus parameters. A row is added at the end, never renumbered. */
#include "ledger/parameters.h"

#include "ledger/execute.h"

#include <string.h>

static const ParameterInfo parameters[PARAMETER_COUNT] = {
	[PARAMETER_TX_WINDOW_MAX] = { "tx_window_max", 1000, 86400000, 3600000, "ms",
								  "longest validity window of a transaction, in chain time; fixed "
								  "by genesis",
								  true },
	[PARAMETER_TX_BYTES_MAX] = { "tx_bytes_max", 1024, TX_BYTES_MAX, TX_BYTES_MAX, "bytes",
								 "largest envelope" },
	[PARAMETER_TX_SIGNATURES_MAX] = { "tx_signatures_max", 1, 4096, 256, "signatures",
									  "most signatures in one envelope" },
	[PARAMETER_BLOCK_TX_MAX] = { "block_tx_max", 1, BLOCK_TX_MAX, 2048, "transactions",
								 "most transactions in a block" },
	[PARAMETER_BLOCK_BYTES_MAX] = { "block_bytes_max", TX_BYTES_MAX, BLOCK_BYTES_MAX,
									BLOCK_BYTES_MAX, "bytes",
									"most bytes of envelopes in a block" },
	[PARAMETER_FEE_FLOOR] = { "fee_floor", 0, INT64_MAX, 0, "base units",
							  "lowest fee of a transaction, in base units of fee_asset" },
	[PARAMETER_TAU0] = { "tau0", 50, 60000, 1000, "ms", "time-out of a view without progress" },
	[PARAMETER_HEARTBEAT] = { "heartbeat", 1000, 120000, 60000, "ms",
							  "longest silence before an empty block" },
	[PARAMETER_DRIFT] = { "drift", 100, 60000, 1000, "ms",
						  "how far a block's time may be ahead of a voter's clock" },
	[PARAMETER_TAU_MIN] = { "tau_min", 10, 60000, 200, "ms",
							"least time a proposer has, however fast the others are" },
	[PARAMETER_EPOCH_TIME] = { "epoch_time", 1000, (int64_t) 30 * 86400 * 1000, 600000, "ms",
							   "chain time after which an epoch ends" },
	[PARAMETER_EPOCH_BLOCKS] = { "epoch_blocks", 4, 1 << 20, 1 << 20, "blocks",
								 "blocks after which an epoch ends" },
	[PARAMETER_GOVERNANCE_SHARE] = { "governance_share", 0, 1000000, 0, "ppm",
									 "share of the members that must approve a proposal, never "
									 "less than the quorum; fixed by genesis",
									 true },
	[PARAMETER_EPOCH_MIN_BLOCKS] = { "epoch_min_blocks", 1, 1 << 20, 128, "blocks",
									 "blocks before which an epoch does not end early, for "
									 "evidence or a member that returns" },
};

const ParameterInfo *
parameter_info(ParameterId id)
{
	return id < PARAMETER_COUNT ? &parameters[id] : NULL;
}

ParameterId
parameter_by_name(const char *name, size_t size)
{
	int id = 0;

	while (id < PARAMETER_COUNT &&
		   (strlen(parameters[id].name) != size || memcmp(parameters[id].name, name, size) != 0))
		id++;
	return (ParameterId) id;
}

McStatus
parameter_check(ParameterId id, int64_t value, McProblem *problem)
{
	const ParameterInfo *info = parameter_info(id);

	if (value >= info->minimum && value <= info->maximum)
		return MC_OK;
	status_problem_name(problem, MC_PARAMETER_RANGE, info->name, strlen(info->name));
	problem->number = value;
	problem->limit = value < info->minimum ? info->minimum : info->maximum;
	return MC_PARAMETER_RANGE;
}
