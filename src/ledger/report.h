/*
 * report.h - the arguments of operation report_evidence and of rejoin, which two rooms read: the
 * operations themselves, and whom a block names (causes.h).
 */
#ifndef MESCHAIN_LEDGER_REPORT_H
#define MESCHAIN_LEDGER_REPORT_H

#include "ledger/governance.h"
#include "pbft/evidence.h"
#include "pbft/resume.h"

/* [number of the member, proof] */
typedef struct EvidenceReport
{
	uint32_t member;
	McSpan proof; /* as pbft_evidence_encode has it */
	PbftEvidence evidence;
	PbftVerdict verdict;
} EvidenceReport;

#define REPORT_BYTES_MAX (PBFT_EVIDENCE_MAX + 16)

/* Hostile bytes: a proof of something, whoever signed it. */
extern McStatus report_read(McSpan arguments, EvidenceReport *report, McProblem *problem);
extern bool report_signed_by(const EvidenceReport *report, const uint8_t key[SUITE_PUBLIC_SIZE]);

/* What a lie is called. */
extern const char *report_lie_name(PbftLie lie);

/* Key of TX_TABLE_EVIDENCE: the member's number, the instance, what was lied about; so that a lie
 * stands once, however many report it. */
#define REPORT_KEY_SIZE (2 + PBFT_INSTANCE_SIZE + 1 + 8 + 8)
extern McSpan report_key(const EvidenceReport *report, uint8_t key[REPORT_KEY_SIZE]);

extern McStatus rejoin_read(McSpan arguments, PbftRejoin *rejoin, McProblem *problem);

extern void operation_put_report(WireWriter *writer, uint32_t member, McSpan proof);

#endif
