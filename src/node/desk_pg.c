/*
 * desk_pg.c - see desk_pg.h. Knows who asks whom and what it may cost; what is asked is
 * compare_pg's.
 */
#include "node/desk_pg.h"

#include "access/xact.h"
#include "base/wire.h"
#include "executor/spi.h"
#include "ledger/compare_pg.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "node/keys_pg.h"
#include "node/shmem_pg.h"
#include "pbft/frame.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define ANSWER_MS 15000
#define ASK_AGAIN_MS 1000
/* A connection that is down may be on its way back. */
#define LINK_MS 3000

/*
 * A member's questions may cost this node so many rows a second, and so many at once. What a row
 * costs is compare_pg's to say; at 1 us a row that is a fifth of one processor at most.
 */
#define BUDGET_PER_SECOND 200000
#define BUDGET_MAX 400000

typedef struct Desk
{
	LWLock lock;
	/* theirs */
	bool waits;
	uint8_t question[COMPARE_QUESTION_SIZE];
	char notice[DESK_NOTICE_MAX + 1]; /* why it is paused, as it says */
	TimestampTz noticed_at;           /* 0: it is not */
	TimestampTz mute_at;              /* when it said that it cannot vote; 0: it can */
	/* ours */
	pid_t asker; /* 0: the line is free */
	Latch *latch;
	uint64_t id; /* what an answer has to name, 0: nothing is awaited */
	uint32_t answer_size;
	uint8_t answer[COMPARE_ANSWER_MAX];
} Desk;

typedef struct DeskShared
{
	int tranche;
	pg_atomic_uint32 waiting;
	Desk desks[GENESIS_MEMBERS_MAX];
} DeskShared;

static DeskShared *shared;

Size
desk_shmem_size(void)
{
	return MAXALIGN(sizeof(DeskShared));
}

void
desk_shmem_startup(void)
{
	bool found;

	shared = ShmemInitStruct("meschain desk", sizeof(DeskShared), &found);
	if (found)
		return;
	memset(shared, 0, sizeof(DeskShared));
	shared->tranche = LWLockNewTrancheId();
	pg_atomic_init_u32(&shared->waiting, 0);
	for (int i = 0; i < GENESIS_MEMBERS_MAX; i++)
		LWLockInitialize(&shared->desks[i].lock, shared->tranche);
}

/* ---- deliver() ---------------------------------------------------------------------------------
 */

bool
desk_take_question(uint32_t member, McSpan bytes)
{
	Desk *desk = &shared->desks[member];
	CompareQuestion question;

	if (!compare_question_read(bytes, &question))
		return false;
	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	memcpy(desk->question, bytes.data, COMPARE_QUESTION_SIZE);
	desk->waits = true;
	LWLockRelease(&desk->lock);
	pg_atomic_write_u32(&shared->waiting, 1);
	node_wake(&node_shared->housekeeper_latch);
	return true;
}

bool
desk_take_answer(uint32_t member, McSpan bytes)
{
	Desk *desk = &shared->desks[member];
	CompareAnswer *answer = palloc(sizeof(CompareAnswer));
	bool good = compare_answer_read(bytes, answer);

	if (good)
	{
		LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
		if (desk->id != 0 && desk->id == answer->id && desk->answer_size == 0)
		{
			memcpy(desk->answer, bytes.data, bytes.size);
			desk->answer_size = (uint32_t) bytes.size;
			SetLatch(desk->latch);
		}
		LWLockRelease(&desk->lock);
	}
	pfree(answer);
	return good;
}

typedef enum Notice
{
	NOTICE_RUNS,
	NOTICE_PAUSED, /* and why */
	NOTICE_MUTE,   /* fenced or diverged: follows and serves, and votes for nothing */
	NOTICE_VOTES,
} Notice;

bool
desk_take_notice(uint32_t member, McSpan bytes)
{
	Desk *desk = &shared->desks[member];
	Notice notice = (Notice) bytes.data[0];
	McSpan reason = span_of(bytes.data + 1, bytes.size - 1);

	if (bytes.size > 1 + DESK_NOTICE_MAX || bytes.data[0] > NOTICE_VOTES ||
		(notice == NOTICE_PAUSED) != (bytes.size > 1) || !wire_text_valid(reason) ||
		memchr(reason.data, '\n', reason.size) != NULL)
		return false;
	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	if (notice == NOTICE_MUTE || notice == NOTICE_VOTES)
		desk->mute_at = notice == NOTICE_MUTE ? GetCurrentTimestamp() : 0;
	else
	{
		desk->noticed_at = notice == NOTICE_PAUSED ? GetCurrentTimestamp() : 0;
		memcpy(desk->notice, reason.data, reason.size);
		desk->notice[reason.size] = '\0';
	}
	LWLockRelease(&desk->lock);
	return true;
}

static bool
lately(TimestampTz said)
{
	return said != 0 && GetCurrentTimestamp() - said < DESK_NOTICE_MS * INT64CONST(1000);
}

bool
desk_peer_mute(uint32_t member)
{
	Desk *desk = &shared->desks[member];
	bool mute;

	LWLockAcquire(&desk->lock, LW_SHARED);
	mute = lately(desk->mute_at);
	LWLockRelease(&desk->lock);
	return mute;
}

bool
desk_peer_paused(uint32_t member, char reason[DESK_NOTICE_MAX + 1])
{
	Desk *desk = &shared->desks[member];
	bool paused;

	LWLockAcquire(&desk->lock, LW_SHARED);
	paused = lately(desk->noticed_at);
	strlcpy(reason, desk->notice, DESK_NOTICE_MAX + 1);
	LWLockRelease(&desk->lock);
	return paused;
}

/* ---- the housekeeper ---------------------------------------------------------------------------
 */

static struct
{
	int64 left[GENESIS_MEMBERS_MAX];
	TimestampTz filled_at;
} budget;

static void
fill_budgets(void)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 passed_us = budget.filled_at == 0 ? USECS_PER_DAY : now - budget.filled_at;
	int64 more = Min(Max(passed_us, 0), USECS_PER_DAY) / 1000 * (BUDGET_PER_SECOND / 1000);

	if (more == 0)
		return;
	for (int i = 0; i < GENESIS_MEMBERS_MAX; i++)
		budget.left[i] = Min(budget.left[i] + more, BUDGET_MAX);
	budget.filled_at = now;
}

static bool
next_question(uint32_t member, CompareQuestion *question)
{
	Desk *desk = &shared->desks[member];
	bool found;

	if (budget.left[member] <= 0)
		return false;
	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	found = desk->waits;
	if (found)
		(void) compare_question_read(span_of(desk->question, COMPARE_QUESTION_SIZE), question);
	desk->waits = false;
	LWLockRelease(&desk->lock);
	return found;
}

static void
send_frame(uint32_t member, uint8_t kind, McSpan bytes)
{
	if (ring_put(&peer_of(member)->outbox, 0, span_of(&kind, 1), bytes))
		node_wake(&node_shared->order_latch);
}

static uint64_t
applied_height(void)
{
	uint64_t applied;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	applied = node_shared->tip.height;
	LWLockRelease(node_shared->lock);
	return applied;
}

/* A damaged row of ours makes a question fail; its member then hears nothing, and we go on. */
static void
answer_one(uint32_t member, const CompareQuestion *question)
{
	CompareAnswer *answer = palloc(sizeof(CompareAnswer));
	uint8_t *bytes = palloc(COMPARE_ANSWER_MAX);

	PG_TRY();
	{
		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
		SPI_connect();
		budget.left[member] -= (int64) compare_answer(question, applied_height(), answer);
		send_frame(member, PBFT_FRAME_TELL, span_of(bytes, compare_answer_write(answer, bytes)));
		SPI_finish();
		PopActiveSnapshot();
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		budget.left[member] = 0;
	}
	PG_END_TRY();
}

static void
tell_all(McSpan notice)
{
	uint32_t members = 0;
	uint32_t self = 0;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	if (node_shared->domain_known)
	{
		members = node_shared->running.peer_count;
		self = node_shared->running.self;
	}
	LWLockRelease(node_shared->lock);
	for (uint32_t i = 0; i < members; i++)
		if (i != self)
			send_frame(i, PBFT_FRAME_NOTICE, notice);
}

void
desk_tell_pause(const char *reason)
{
	uint8_t notice[1 + DESK_NOTICE_MAX] = { reason != NULL ? NOTICE_PAUSED : NOTICE_RUNS };
	size_t size = 0;

	if (reason != NULL)
		size = (size_t) pg_mbcliplen(reason, (int) strlen(reason), DESK_NOTICE_MAX);
	for (size_t i = 0; i < size; i++)
		notice[1 + i] = (uint8_t) (reason[i] == '\n' ? ' ' : reason[i]);
	tell_all(span_of(notice, 1 + size));
}

void
desk_tell_mute(bool mute)
{
	uint8_t notice = mute ? NOTICE_MUTE : NOTICE_VOTES;

	tell_all(span_of(&notice, 1));
}

bool
desk_has_questions(void)
{
	return pg_atomic_read_u32(&shared->waiting) != 0;
}

void
desk_answer(void)
{
	MemoryContext context =
		AllocSetContextCreate(TopMemoryContext, "meschain desk", ALLOCSET_DEFAULT_SIZES);
	bool left = false;

	LWLockRegisterTranche(shared->tranche, "meschain_desk");
	pg_atomic_write_u32(&shared->waiting, 0);
	fill_budgets();
	for (uint32_t member = 0; member < GENESIS_MEMBERS_MAX; member++)
	{
		CompareQuestion question;

		MemoryContextSwitchTo(context);
		if (next_question(member, &question))
			answer_one(member, &question);
		left |= shared->desks[member].waits;
	}
	if (left)
		pg_atomic_write_u32(&shared->waiting, 1);
	MemoryContextSwitchTo(TopMemoryContext);
	MemoryContextDelete(context);
}

/* ---- a session ---------------------------------------------------------------------------------
 */

static uint32_t open_line = GENESIS_MEMBERS_MAX; /* this session's, GENESIS_MEMBERS_MAX: none */

void
desk_close(void)
{
	Desk *desk;

	if (open_line == GENESIS_MEMBERS_MAX)
		return;
	desk = &shared->desks[open_line];
	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	desk->asker = 0;
	desk->id = 0;
	LWLockRelease(&desk->lock);
	open_line = GENESIS_MEMBERS_MAX;
}

static void
on_transaction_end(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		desk_close();
}

static void
on_session_end(int code, Datum argument)
{
	desk_close();
}

void
desk_open(uint32_t member)
{
	static bool registered;
	Desk *desk = &shared->desks[member];
	pid_t other;

	if (!registered)
	{
		RegisterXactCallback(on_transaction_end, NULL);
		before_shmem_exit(on_session_end, 0);
	}
	registered = true;
	desk_close();
	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	other = desk->asker;
	if (other == 0)
	{
		desk->asker = MyProcPid;
		desk->latch = MyLatch;
		desk->id = 0;
	}
	LWLockRelease(&desk->lock);
	if (other != 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
						errmsg("session %d asks this member already", (int) other),
						errhint("Wait for it to end; a member answers one question at a time.")));
	open_line = member;
}

static bool
take_answer(Desk *desk, const CompareQuestion *question, CompareAnswer *answer)
{
	static uint8_t bytes[COMPARE_ANSWER_MAX];
	uint32_t size;

	LWLockAcquire(&desk->lock, LW_SHARED);
	size = desk->answer_size;
	memcpy(bytes, desk->answer, size);
	LWLockRelease(&desk->lock);
	if (size == 0)
		return false;
	if (!compare_answer_read(span_of(bytes, size), answer) || answer->kind != question->kind ||
		answer->relation != question->relation)
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
						errmsg("the member answers another question than was asked")));
	return true;
}

static int64
limit_ms(uint32_t member)
{
	return pg_atomic_read_u32(&peer_of(member)->link_up) != 0 ? ANSWER_MS : LINK_MS;
}

bool
desk_ask(uint32_t member, CompareQuestion *question, CompareAnswer *answer)
{
	Desk *desk = &shared->desks[member];
	uint8_t bytes[COMPARE_QUESTION_SIZE];
	TimestampTz begun = GetCurrentTimestamp();
	TimestampTz asked = 0;

	Assert(open_line == member);
	do
		keys_random(&question->id, sizeof(question->id));
	while (question->id == 0);
	compare_question_write(question, bytes);
	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	desk->answer_size = 0;
	desk->id = question->id;
	LWLockRelease(&desk->lock);
	while (!take_answer(desk, question, answer))
	{
		TimestampTz now = GetCurrentTimestamp();

		if (now - begun > limit_ms(member) * 1000)
			return false;
		if (now - asked > ASK_AGAIN_MS * INT64CONST(1000))
		{
			send_frame(member, PBFT_FRAME_QUESTION, span_of(bytes, sizeof(bytes)));
			asked = now;
		}
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 200,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return true;
}
