/*
 * settle.c - bound fields: money that a program credits is paid by somebody, or the run fails.
 *
 * A field that gained is credited by a leg from its payer; the withheld share of the gross (credit
 * / (1 - rate), truncated) goes by a second leg from the same payer to the taker. Then every field
 * of money has to have changed by the sum of its legs: one the program did not write is changed
 * here, one it wrote is compared. So an asset is neither made nor lost, whatever the rounding.
 */
#include "contract/run.h"

#include <stdio.h>

typedef struct Settlement
{
	const AcsProgram *program;
	AcsSlot *slots;
	AcsOutcome *outcome;
	bool money[ACS_FIELD_MAX]; /* bound, payer or taker */
	AcsDec flow[ACS_FIELD_MAX];
} Settlement;

static McStatus
fail(Settlement *settlement, McStatus status, uint16_t field, const char *what)
{
	char label[ACS_NAME_MAX + 4];
	char text[MC_PROBLEM_NAME_MAX];
	int size;

	acs_field_label(&settlement->program->fields[field], label);
	size = snprintf(text, sizeof(text), "%s%s", label, what);
	return status_problem_name(&settlement->outcome->problem, status, text, (size_t) size);
}

static McStatus
add_leg(Settlement *settlement, const AcsBinding *binding, bool withheld, AcsDec amount)
{
	AcsOutcome *outcome = settlement->outcome;
	uint16_t to = withheld ? binding->taker : binding->field;

	assert(outcome->leg_count < ACS_LEG_MAX && amount > 0);
	if (!acs_dec_add(&settlement->flow[to], settlement->flow[to], amount) ||
		!acs_dec_sub(&settlement->flow[binding->payer], settlement->flow[binding->payer], amount))
		return fail(settlement, MC_ACS_OVERFLOW, to, "");
	outcome->legs[outcome->leg_count++] =
		(AcsLeg){ binding->asset, binding->payer, to, withheld, amount };
	return MC_OK;
}

/* The rate is the one the run began with, lest a program lower it for itself. */
static McStatus
withhold(Settlement *settlement, const AcsBinding *binding, AcsDec credit)
{
	const AcsSlot *rate = &settlement->slots[binding->rate];
	char text[ACS_DEC_TEXT_MAX];
	AcsDec gross;

	if (!rate->present)
		return fail(settlement, MC_ACS_UNKNOWN_FIELD, binding->rate, "");
	if (rate->before.dec < 0 || rate->before.dec >= ACS_DEC_ONE)
	{
		size_t size = acs_dec_format(rate->before.dec, text);

		return status_problem_name(&settlement->outcome->problem, MC_ACS_BAD_RATE, text, size);
	}
	if (!acs_dec_div(&gross, credit, ACS_DEC_ONE - rate->before.dec))
		return fail(settlement, MC_ACS_OVERFLOW, binding->field, "");
	return gross > credit ? add_leg(settlement, binding, true, gross - credit) : MC_OK;
}

static McStatus
book(Settlement *settlement, const AcsBinding *binding)
{
	const AcsSlot *slot = &settlement->slots[binding->field];
	AcsDec gain;
	McStatus status;

	settlement->money[binding->field] = true;
	if (binding->payer != ACS_NOWHERE)
		settlement->money[binding->payer] = true;
	if (binding->taker != ACS_NOWHERE)
		settlement->money[binding->taker] = true;
	if (!slot->written)
		return MC_OK;
	if (!acs_dec_sub(&gain, slot->value.dec, slot->before.dec))
		return fail(settlement, MC_ACS_OVERFLOW, binding->field, "");
	if (gain <= 0 || binding->payer == ACS_NOWHERE)
		return MC_OK; /* compared with the legs of others */
	status = add_leg(settlement, binding, false, gain);
	if (status == MC_OK && binding->rate != ACS_NOWHERE)
		status = withhold(settlement, binding, gain);
	return status;
}

static McStatus
balance(Settlement *settlement, uint16_t field)
{
	AcsSlot *slot = &settlement->slots[field];
	AcsDec flow = settlement->flow[field];
	AcsDec after;

	if (!slot->written && flow == 0)
		return MC_OK;
	if (!slot->present)
		return fail(settlement, MC_ACS_UNKNOWN_FIELD, field, "");
	if (!acs_dec_add(&after, slot->before.dec, flow))
		return fail(settlement, MC_ACS_OVERFLOW, field, "");
	if (slot->written && slot->value.dec != after)
		return fail(settlement, MC_ACS_UNBALANCED, field,
					slot->value.dec > after ? " has more than its payments leave"
											: " has less than its payments leave");
	if (flow < 0 && after < 0)
		return fail(settlement, MC_ACS_UNFUNDED, field, "");
	slot->value.dec = after;
	slot->written = true;
	return MC_OK;
}

McStatus
acs_settle(const AcsProgram *program, AcsSlot *slots, AcsOutcome *outcome)
{
	Settlement settlement = { .program = program, .slots = slots, .outcome = outcome };
	McStatus status = MC_OK;

	for (size_t i = 0; status == MC_OK && i < program->binding_count; i++)
		status = book(&settlement, &program->bindings[i]);
	for (size_t i = 0; status == MC_OK && i < program->field_count; i++)
		if (settlement.money[i])
			status = balance(&settlement, (uint16_t) i);
	return status;
}
