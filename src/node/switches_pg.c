/*
 * switches_pg.c - the test build's settings; a release has an empty file here.
 */
#include "node/switches_pg.h"

#ifdef MESCHAIN_TEST_SWITCHES

#include <limits.h>

#include "utils/guc.h"
#include "utils/timestamp.h"

static char *blocked_peers;
static int disk_us;
static int delay_ms;
static int clock_offset_ms;
static int lie;
static bool forget;

static const struct config_enum_entry lies[] = {
	{ "honest", SWITCH_HONEST, false },
	{ "equivocate", SWITCH_EQUIVOCATE, false },
	{ "silent", SWITCH_SILENT, false },
	{ "wrong_result", SWITCH_WRONG_RESULT, false },
	{ NULL, 0, false },
};

void
switches_init(void)
{
	DefineCustomStringVariable("meschain.test_block_peers",
							   "Members to which nothing is sent: numbers, separated by commas.",
							   NULL, &blocked_peers, "", PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("meschain.test_disk_time", "Slept before each sync of the vote log.",
							NULL, &disk_us, 0, 0, 60000000, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("meschain.test_delay", "How long a message to a member takes.", NULL,
							&delay_ms, 0, 0, 60000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("meschain.test_clock_offset", "Added to the wall clock.", NULL,
							&clock_offset_ms, 0, INT_MIN, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL,
							NULL, NULL);
	DefineCustomEnumVariable("meschain.test_lie", "How this node deceives the others.", NULL, &lie,
							 SWITCH_HONEST, lies, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("meschain.test_forget",
							 "The door does not remember what was decided lately.", NULL, &forget,
							 false, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

bool
switch_peer_blocked(uint32_t member)
{
	const char *at = blocked_peers;

	while (at != NULL && *at != '\0')
	{
		char *end;
		unsigned long number = strtoul(at, &end, 10);

		if (end == at)
			return false;
		if (number == member)
			return true;
		at = *end == ',' ? end + 1 : end;
	}
	return false;
}

int64
switch_clock_ms(void)
{
	return clock_offset_ms;
}

int
switch_disk_us(void)
{
	return disk_us;
}

int
switch_delay_ms(void)
{
	return delay_ms;
}

bool
switch_forget(void)
{
	return forget;
}

SwitchLie
switch_lie(void)
{
	return (SwitchLie) lie;
}

#endif
