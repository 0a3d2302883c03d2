/*
 * parameters.h - what genesis and governance may set, each with its bounds: one table, checked when
 * proposed and when it takes effect (A30), shown by mes.parameters.
 */
#ifndef MESCHAIN_LEDGER_PARAMETERS_H
#define MESCHAIN_LEDGER_PARAMETERS_H

#include "base/status.h"

typedef enum ParameterId
{
	PARAMETER_TX_WINDOW_MAX,
	PARAMETER_TX_BYTES_MAX,
	PARAMETER_TX_SIGNATURES_MAX,
	PARAMETER_BLOCK_TX_MAX,
	PARAMETER_BLOCK_BYTES_MAX,
	PARAMETER_FEE_FLOOR,
	PARAMETER_TAU0,
	PARAMETER_HEARTBEAT,
	PARAMETER_DRIFT,
	PARAMETER_TAU_MIN,
	PARAMETER_EPOCH_TIME,
	PARAMETER_EPOCH_BLOCKS,
	PARAMETER_GOVERNANCE_SHARE,
	PARAMETER_EPOCH_MIN_BLOCKS,
	PARAMETER_COUNT
} ParameterId;

typedef struct ParameterInfo
{
	const char *name;
	int64_t minimum;
	int64_t maximum;
	int64_t standard;
	const char *unit;
	const char *description;
	bool fixed; /* by genesis: governance cannot change it */
} ParameterInfo;

extern const ParameterInfo *parameter_info(ParameterId id);

/* PARAMETER_COUNT when there is none of this name. */
extern ParameterId parameter_by_name(const char *name, size_t size);

extern McStatus parameter_check(ParameterId id, int64_t value, McProblem *problem);

#endif
