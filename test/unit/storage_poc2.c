/* storage_poc2.c - Shabal-256 and the plot format against the published vectors. */
#include "storage/poc2.h"
#include "storage/shabal.h"
#include "unit/check.h"

#define ACCOUNT UINT64_C(4297397359864028267)

static const McHash signature = { {
	0x6e, 0xc8, 0x23, 0xb5, 0xfd, 0x86, 0xc4, 0xae, 0xe9, 0xf7, 0xc3, 0x45, 0x3c, 0xac, 0xaf, 0x4a,
	0x43, 0x29, 0x6f, 0x48, 0xed, 0xe7, 0x7e, 0x70, 0x06, 0x0c, 0xa8, 0x22, 0x5c, 0x28, 0x55, 0xd0,
} };

static Poc2Nonce nonce;

static void
test_shabal_of_nothing(void)
{
	McHash hash;

	shabal256(&hash, NULL, 0);
	CHECK_HEX(hash.bytes, 32, "aec750d11feee9f16271922fbaf5a9be142f62019ef8d720f858940070889014");
}

/* A text longer than a block, of the submission's own test data. */
static void
test_shabal_of_text(void)
{
	McSpan text = span_text("abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
							"0123456789-abcdefghijklmnopqrstuvwxyz");
	McHash hash;

	shabal256(&hash, &text, 1);
	CHECK_HEX(hash.bytes, 32, "b49f34bf51864c30533cc46cc2542bdec2f96fd06f5c539aff6ead5883f7327a");
}

static void
test_parts_do_not_matter(void)
{
	uint8_t bytes[300];
	McSpan whole = span_of(bytes, sizeof(bytes));
	McHash expected;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t) (i * 7);
	shabal256(&expected, &whole, 1);
	for (size_t cut = 0; cut <= sizeof(bytes); cut++)
	{
		McSpan parts[2] = { span_of(bytes, cut), span_of(bytes + cut, sizeof(bytes) - cut) };
		McHash hash;

		shabal256(&hash, parts, 2);
		CHECK(hash_equal(&hash, &expected));
	}
}

static void
test_published_scoop(void)
{
	CHECK_INT(poc2_scoop(&signature, 500000), 3696);
}

static void
test_published_hits(void)
{
	CHECK(poc2_hit(&signature, nonce.bytes) == UINT64_C(14592422770739690569));
	CHECK(poc2_hit(&signature, nonce.bytes + 3696 * POC2_SCOOP_SIZE) ==
		  UINT64_C(503243497204857930));
}

static void
test_published_hit_of_bytes(void)
{
	uint8_t scoop[POC2_SCOOP_SIZE];

	memcpy(scoop, signature.bytes, 32);
	memcpy(scoop + 32, signature.bytes, 32);
	CHECK(poc2_hit(&signature, scoop) == UINT64_C(16142911724569013009));
}

static void
test_published_deadline(void)
{
	uint64_t seconds;

	CHECK_INT(poc2_deadline(UINT64_C(503243497204857930), 70312, &seconds, NULL), MC_OK);
	CHECK_INT(seconds, 7157291745432);
}

static void
test_base_target_of_zero(void)
{
	McProblem problem;
	uint64_t seconds;

	CHECK_INT(poc2_deadline(5, 0, &seconds, &problem), MC_BASE_TARGET_ZERO);
}

static void
test_next_signature_depends_on_the_winner(void)
{
	McHash one;
	McHash two;

	poc2_next_signature(&signature, 1, &one);
	poc2_next_signature(&signature, 2, &two);
	CHECK(!hash_equal(&one, &two));
}

int
main(void)
{
	poc2_plot(ACCOUNT, 0, &nonce);
	RUN(test_shabal_of_nothing);
	RUN(test_shabal_of_text);
	RUN(test_parts_do_not_matter);
	RUN(test_published_scoop);
	RUN(test_published_hits);
	RUN(test_published_hit_of_bytes);
	RUN(test_published_deadline);
	RUN(test_base_target_of_zero);
	RUN(test_next_signature_depends_on_the_winner);
	return CHECK_RESULT();
}
