/*
 * sample.h - a film market for trying things out: parties, works, licences and a year of usage
 * reports, all of it following from a seed, as signed transactions for a ledger.
 */
#ifndef MESCHAIN_CLI_SAMPLE_H
#define MESCHAIN_CLI_SAMPLE_H

#include "base/suite.h"
#include "cli/cli.h"
#include "rights/payment.h"
#include "rights/rights.h"
#include "tx/tx.h"

#define SAMPLE_STUDIOS 12
#define SAMPLE_PEOPLE 18
#define SAMPLE_PLATFORMS 16
#define SAMPLE_PARTIES (1 + SAMPLE_STUDIOS + SAMPLE_PEOPLE + SAMPLE_PLATFORMS)
#define SAMPLE_FIRST_PLATFORM (1 + SAMPLE_STUDIOS + SAMPLE_PEOPLE)
#define SAMPLE_COINS 24 /* of each platform: so many of its reports go into one batch */
#define SAMPLE_WORKS_MAX 400
#define SAMPLE_LICENCES_MAX 4000
#define SAMPLE_HOLDERS 4
#define SAMPLE_TEXT_MAX 96
#define SAMPLE_ENVELOPE_MAX 32768

typedef struct SampleParty
{
	char name[SAMPLE_TEXT_MAX];
	SuiteSecret secret;
	McAddress address;
	uint64_t sequence; /* transactions signed so far */
} SampleParty;

/* What a platform's next report spends. */
typedef struct SampleCoin
{
	TxInput input;
	int64_t units;
} SampleCoin;

typedef struct SampleWork
{
	RightsId id;
	uint32_t studio;
	char title[SAMPLE_TEXT_MAX];
	char title_zh[SAMPLE_TEXT_MAX];
	WorkRow row;
	RightsShares shares;
	uint8_t stored[1024]; /* row and shares as the ledger has them, for the split of royalties */
	size_t stored_size;
	uint8_t stored_shares[512];
	size_t stored_shares_size;
} SampleWork;

typedef struct SampleLicence
{
	RightsId id; /* of the offer, then of what was bought */
	uint32_t work;
	uint32_t platform; /* number of the party */
	LicenceRow row;
} SampleLicence;

typedef struct Sample
{
	uint64_t seed;
	uint64_t random; /* state */
	uint8_t chain_id[CHAIN_ID_SIZE];
	int64_t time_ms;
	int64_t window_ms;
	TxAsset asset;
	SampleParty parties[SAMPLE_PARTIES]; /* 0 is the bank, then studios, people, platforms */
	SampleCoin coins[SAMPLE_PLATFORMS][SAMPLE_COINS];
	uint32_t work_count;
	SampleWork *works;
	uint32_t licence_count;
	SampleLicence *licences;
} Sample;

typedef struct SampleEnvelope
{
	McHash txid;
	uint32_t size;
	uint8_t bytes[SAMPLE_ENVELOPE_MAX];
} SampleEnvelope;

/* ---- sample_market.c: what is to be said ---- */

extern uint32_t sample_random(Sample *sample, uint32_t below);
/* Parties, works and licences for so many reports; asset, seed and time are there. */
extern void sample_make(Sample *sample, int64_t reports);
/* "2026-03 streaming CN" for a month so many before the ledger's time. */
extern void sample_reference(const Sample *sample, const SampleLicence *licence,
							 uint32_t months_ago, char text[SAMPLE_TEXT_MAX]);

/* ---- sample_sign.c: how it is signed ---- */

/* The bank issues, and gives every platform its coins. */
extern void sample_sign_issue(Sample *sample, SampleEnvelope *envelope);
extern void sample_sign_coins(Sample *sample, const McHash *issued, SampleEnvelope *envelope);
extern void sample_sign_work(Sample *sample, const SampleWork *work, SampleEnvelope *envelope);
/* The licence's id is that of the offer afterwards. */
extern void sample_sign_offer(Sample *sample, SampleLicence *licence, SampleEnvelope *envelope);
extern void sample_sign_purchase(Sample *sample, SampleLicence *licence, const char *reference,
								 SampleCoin *coin, SampleEnvelope *envelope);
extern void sample_sign_report(Sample *sample, const SampleLicence *licence, int64_t revenue,
							   const char *reference, SampleCoin *coin, SampleEnvelope *envelope);

#endif
