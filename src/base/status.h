/*
 * status.h - what a pure function answers, and the detail that names the value at fault.
 *
 * Room card, base/: types, status codes, wire codec, digests, Merkle trees, addresses, signature
 * suites. May include libc, OpenSSL, libsodium, libsecp256k1 and libcbor, nothing of the project.
 * Guarded by test/unit/base_*.c, test/fuzz/fuzz_wire.c, test/vectors/.
 */
#ifndef MESCHAIN_BASE_STATUS_H
#define MESCHAIN_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A status is its number in class MC; 0 is success. See status.def. */
typedef uint16_t McStatus;

enum
{
	MC_OK = 0,
#define MC_STATUS(number, constant, name, transient, message, hint) MC_##constant = (number),
#include "base/status.def"
#undef MC_STATUS
};

#define MC_STATUS_MAX 999

/* A refusal and the value it is about. A receipt carries exactly these fields. */
#define MC_PROBLEM_NAME_MAX 96
typedef struct McProblem
{
	McStatus status;
	int32_t operation; /* index of the operation at fault, -1 when it is the whole */
	int64_t number;
	int64_t limit;
	char name[MC_PROBLEM_NAME_MAX];
} McProblem;

typedef struct McStatusInfo
{
	McStatus status;
	bool transient;
	const char *name;
	const char *message;
	const char *hint;
} McStatusInfo;

/* NULL for a number that is not in the catalogue. */
extern const McStatusInfo *status_info(McStatus status);

/* The catalogue in order of number, for mes.error_codes. */
extern const McStatusInfo *status_catalogue(size_t *count);

/* Finds by name ("out_of_range"); 0 when there is none. */
extern McStatus status_by_name(const char *name);

/* The message with its placeholders filled in; always terminated, cut at size. */
extern void status_message(const McProblem *problem, char *out, size_t size);

/* Fills a problem and returns its status, so that callers can return in one line. */
extern McStatus status_problem(McProblem *problem, McStatus status, int64_t number, int64_t limit);
extern McStatus status_problem_name(McProblem *problem, McStatus status, const char *name,
									size_t name_size);

#endif
