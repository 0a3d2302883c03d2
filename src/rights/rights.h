/*
 * rights.h - works, shares, offers and licences as state rows, and the rules that bound them.
 *
 * Room card, rights/: copyright as ledger state: registering works and items, trading shares,
 * granting and buying licences, royalties through the tree of works, sealed terms. The pure files
 * may include base/, tx/ and their own room; everything they keep is a row behind TxWorld, so that
 * hashing, proofs and mes.verify need nothing of their own. Guarded by test/unit/rights_*.c,
 * test/sql/rights_*.sql, test/t/060_rights.pl.
 *
 * Rows are keyed by 32-byte ids:
 *   works       H("MES1-work" || content hash): a content is registered once
 *   shares      the work's id -> its holders, ascending, their ppm add up to a million
 *   codes       kind and normalised code of an identifier -> the work that has it
 *   items       H("MES1-item" || kind || 0 || code)
 *   offers      H("MES1-offer" || txid || number of the operation)
 *   licences    H("MES1-licence" || txid || number of the operation)
 *   exclusives  a work's id or a licence's -> the exclusive licences granted under it
 *   rewards     work's id || asset -> what is left of a pool for buyers
 *   terms       hash of confidential terms -> the box sealed to the parties
 */
#ifndef MESCHAIN_RIGHTS_RIGHTS_H
#define MESCHAIN_RIGHTS_RIGHTS_H

#include "tx/operation.h"

/* Numbers of state tables; part of what is hashed. */
#define RIGHTS_WORKS ((TxTable) 16)
#define RIGHTS_SHARES ((TxTable) 17)
#define RIGHTS_CODES ((TxTable) 18)
#define RIGHTS_ITEMS ((TxTable) 19)
#define RIGHTS_OFFERS ((TxTable) 20)
#define RIGHTS_LICENCES ((TxTable) 21)
#define RIGHTS_EXCLUSIVES ((TxTable) 22)
#define RIGHTS_REWARDS ((TxTable) 23)
#define RIGHTS_TERMS ((TxTable) 24)

#define PPM_WHOLE 1000000
#define RIGHTS_HOLDERS_MAX 32 /* of one work */
#define RIGHTS_SOURCES_MAX 8  /* works that one work derives from */
#define RIGHTS_DEPTH_MAX 8    /* works above a work, the longest way up */
#define RIGHTS_TREE_MAX 32    /* works that a royalty passes through */
#define RIGHTS_EXCLUSIVES_MAX 64
#define RIGHTS_SUBLICENCE_DEPTH_MAX 8
#define RIGHTS_TITLE_MAX 400 /* bytes */
#define RIGHTS_ITEM_KIND_MAX 24
#define RIGHTS_ITEM_CODE_MAX 64
#define RIGHTS_BOX_MAX 8192
#define RIGHTS_TERRITORY_MAX 6
#define RIGHTS_RESALE_PPM_MAX (PPM_WHOLE / 2)
/* A moment or a count that is not bounded. */
#define RIGHTS_UNBOUNDED INT64_MAX

typedef McHash RightsId;

typedef struct RightsShare
{
	McAddress holder;
	uint32_t ppm;
} RightsShare;

typedef struct RightsShares
{
	uint32_t count;
	RightsShare items[RIGHTS_HOLDERS_MAX];
} RightsShares;

typedef struct RightsSource
{
	RightsId work_id;
	uint32_t ppm; /* of what the derived work earns */
} RightsSource;

/* Identifiers as normalised; an empty span where there is none. */
typedef enum RightsCode
{
	RIGHTS_ISAN,
	RIGHTS_EIDR,
	RIGHTS_ISRC,
	RIGHTS_CODE_COUNT
} RightsCode;

typedef struct WorkRow
{
	McAddress registrant;
	McAddress agent; /* who grants licences for all holders */
	uint32_t kind;
	bool built_upon; /* a work derives from it: its own sources stay as they are */
	uint32_t depth;  /* works above it, the longest way up; 0: original */
	uint32_t tree;   /* works that a royalty for it passes through, with itself */
	uint32_t resale_ppm;
	McSpan title;
	McSpan title_zh; /* empty: none */
	McHash content_hash;
	McSpan codes[RIGHTS_CODE_COUNT];
	bool has_evidence;
	McHash evidence;
	uint32_t source_count;
	RightsSource sources[RIGHTS_SOURCES_MAX];
	McSpan metadata;
} WorkRow;
#define WORK_ROW_BYTES_MAX (TX_METADATA_MAX + 2 * RIGHTS_TITLE_MAX + 1024)

typedef struct ItemRow
{
	McAddress owner;
	McSpan kind;
	McSpan code;
	McSpan title;
	bool has_content;
	McHash content_hash;
	McSpan metadata;
} ItemRow;
#define ITEM_ROW_BYTES_MAX (TX_METADATA_MAX + RIGHTS_TITLE_MAX + 512)

typedef enum OfferStatus
{
	OFFER_OPEN,
	OFFER_SOLD,
	OFFER_WITHDRAWN
} OfferStatus;

typedef struct OfferRow
{
	RightsId work_id;
	McAddress seller;
	bool has_buyer; /* for this address alone */
	McAddress buyer;
	uint32_t ppm;
	TxAsset asset;
	int64_t price;
	uint64_t until_ms; /* RIGHTS_UNBOUNDED: open */
	OfferStatus status;
} OfferRow;
#define OFFER_ROW_BYTES_MAX 256

/* What a licence allows; of a sublicence within what its parent does. */
typedef struct LicenceScope
{
	char territory[RIGHTS_TERRITORY_MAX + 1];
	uint32_t medium;
	bool exclusive;
	uint64_t from_ms;
	uint64_t until_ms; /* RIGHTS_UNBOUNDED: for good */
} LicenceScope;

typedef enum LicenceStatus
{
	LICENCE_OFFERED,
	LICENCE_ACTIVE,
	LICENCE_REVOKED, /* ends at its scope's until_ms */
	LICENCE_WITHDRAWN,
} LicenceStatus;

typedef struct LicenceRow
{
	RightsId work_id;
	bool has_parent;
	RightsId parent;
	bool has_offer; /* bought from a standing offer, which stays */
	RightsId offer;
	McAddress licensor;
	bool has_licensee;
	McAddress licensee;
	LicenceStatus status;
	bool standing; /* an offer that many may take up */
	LicenceScope scope;
	int64_t uses_left; /* RIGHTS_UNBOUNDED: not counted */
	uint32_t depth_left;
	TxAsset asset;
	int64_t price;
	uint32_t royalty_ppm; /* of revenue */
	int64_t royalty_per_use;
	int64_t notice_ms; /* RIGHTS_UNBOUNDED: the licensor cannot revoke it */
	bool has_terms;
	McHash terms_hash;
} LicenceRow;
#define LICENCE_ROW_BYTES_MAX 512

typedef struct RewardRow
{
	int64_t left;
	uint32_t ppm; /* of a licence's price */
} RewardRow;

typedef struct TermsRow
{
	McAddress author;
	RightsId subject; /* a licence or a work */
	McSpan box;
} TermsRow;
#define TERMS_ROW_BYTES_MAX (RIGHTS_BOX_MAX + 128)

#endif
