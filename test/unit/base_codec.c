/* base_codec.c - canonical CBOR, addresses, digests and suites: round trips, and every refusal. */
#include "base/address.h"
#include "base/digest.h"
#include "base/suite.h"
#include "base/wire.h"
#include "unit/check.h"

static McStatus
read_value(const char *bytes, size_t size)
{
	WireReader reader;
	McSpan value;

	wire_reader_init(&reader, span_of(bytes, size));
	wire_read_value(&reader, 4096, &value);
	wire_read_end(&reader);
	return reader.status;
}

#define VALUE(bytes) read_value(bytes, sizeof(bytes) - 1)

static void
test_values_of_free_shape(void)
{
	CHECK_INT(VALUE("\xA2\x61"
					"a\x01\x61"
					"b\x82\xF4\xF6"),
			  MC_OK);
	CHECK_INT(VALUE("\xA2\x61"
					"b\x01\x61"
					"a\x01"),
			  MC_NOT_CANONICAL);
	CHECK_INT(VALUE("\xA2\x61"
					"a\x01\x61"
					"a\x01"),
			  MC_DUPLICATE_KEY);
	CHECK_INT(VALUE("\xA1\x01\x01"), MC_WRONG_TYPE);
	CHECK_INT(VALUE("\x81\x81\x81\x81\x81\x81\x81\x80"), MC_OK);
	CHECK_INT(VALUE("\x81\x81\x81\x81\x81\x81\x81\x81\x80"), MC_TOO_DEEP);
	CHECK_INT(VALUE("\x18\x17"), MC_NOT_CANONICAL);
	CHECK_INT(VALUE("\x19\x00\xFF"), MC_NOT_CANONICAL);
	CHECK_INT(VALUE("\x9F\xFF"), MC_NOT_CANONICAL);
	CHECK_INT(VALUE("\xF9\x00\x00"), MC_NOT_CANONICAL);
	CHECK_INT(VALUE("\x82\x01"), MC_TRUNCATED);
	CHECK_INT(VALUE("\x9B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), MC_TRUNCATED);
	CHECK_INT(VALUE("\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), MC_TOO_LARGE);
	CHECK_INT(VALUE("\x5B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), MC_TRUNCATED);
	CHECK_INT(VALUE("\x62\xC0\x80"), MC_INVALID_TEXT);
	CHECK_INT(VALUE("\x63\xED\xA0\x80"), MC_INVALID_TEXT);
	CHECK_INT(VALUE("\x01\x01"), MC_TRAILING_BYTES);
	CHECK_INT(VALUE(""), MC_TRUNCATED);
}

static void
test_integers_at_every_width(void)
{
	static const int64_t values[] = { 0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX, 1LL << 32,
									  INT64_MAX, INT64_MIN, -1, -24, -25 };
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
	{
		uint8_t bytes[16];
		WireWriter writer;
		WireReader reader;
		int64_t back = 7;

		wire_writer_init(&writer, bytes, sizeof(bytes));
		wire_put_int(&writer, values[i]);
		wire_reader_init(&reader, wire_written(&writer));
		CHECK(wire_read_int(&reader, &back) && wire_read_end(&reader));
		CHECK_INT(back, values[i]);
	}
}

static bool
tag_reads(uint64_t tag, McSpan bytes)
{
	WireReader reader;

	wire_reader_init(&reader, bytes);
	return wire_read_tag(&reader, tag) && wire_read_end(&reader);
}

/* 6 to 20 have no meaning of their own in RFC 8949; 18 is COSE_Sign1. */
static void
test_tags_at_every_width(void)
{
	static const uint64_t wide[] = { 24, 98, 255, 256, 65536, UINT32_MAX, 1ULL << 32, UINT64_MAX };
	uint8_t bytes[16];
	WireWriter writer;

	for (uint64_t tag = 0; tag < 24 + sizeof(wide) / sizeof(wide[0]); tag++)
	{
		uint64_t value = tag < 24 ? tag : wide[tag - 24];
		McSpan written;

		wire_writer_init(&writer, bytes, sizeof(bytes));
		wire_put_tag(&writer, value);
		written = wire_written(&writer);
		CHECK(tag_reads(value, written));
		CHECK(!tag_reads(value ^ 1, written));
		CHECK(!tag_reads(value, span_of(written.data, written.size - 1)));
	}
	CHECK(!tag_reads(18, span_of("\xD8\x12", 2)));
	CHECK(!tag_reads(18, span_of("\x12", 1)));
	CHECK(!tag_reads(28, span_of("\xDC", 1)));
}

static void
test_writer_stops_at_its_capacity(void)
{
	uint8_t bytes[4] = { 0 };
	WireWriter writer;

	wire_writer_init(&writer, bytes, 3);
	wire_put_bytes(&writer, "ab", 2);
	CHECK(!writer.full);
	CHECK_INT(writer.size, 3);
	wire_put_uint(&writer, 1);
	CHECK(writer.full);
	CHECK_INT(bytes[3], 0);
}

static void
test_address_text(void)
{
	McAddress address;
	McAddress back;
	McProblem problem;
	char text[ADDRESS_TEXT_SIZE + 1];

	for (int i = 0; i < HASH_SIZE; i++)
		address.bytes[i] = (uint8_t) (i * 7 + 1);
	address_format(&address, text);
	CHECK_INT(strlen(text), ADDRESS_TEXT_SIZE);
	CHECK_INT(address_parse(span_text(text), &back, &problem), MC_OK);
	CHECK(hash_equal(&address, &back));
	for (int i = 0; i < ADDRESS_TEXT_SIZE; i++)
	{
		char kept = text[i];

		text[i] = kept == 'q' ? 'p' : 'q';
		CHECK_INT(address_parse(span_text(text), &back, &problem), MC_INVALID_ADDRESS);
		text[i] = kept;
	}
	text[0] = 'M';
	CHECK_INT(address_parse(span_text(text), &back, &problem), MC_INVALID_ADDRESS);
	CHECK_INT(address_parse(span_text(""), &back, &problem), MC_INVALID_ADDRESS);
}

static void
test_lthash_is_a_set(void)
{
	McHash a;
	McHash b;
	McHash left;
	McHash right;
	LtHash one;
	LtHash two;

	digest_tagged(&a, "a", span_of(NULL, 0));
	digest_tagged(&b, "b", span_of(NULL, 0));
	lthash_clear(&one);
	lthash_clear(&two);
	lthash_add(&one, &a);
	lthash_add(&one, &b);
	lthash_add(&two, &b);
	lthash_add(&two, &a);
	lthash_digest(&one, &left);
	lthash_digest(&two, &right);
	CHECK(hash_equal(&left, &right));
	lthash_remove(&one, &b);
	lthash_digest(&one, &left);
	CHECK(!hash_equal(&left, &right));
	lthash_clear(&two);
	lthash_add(&two, &a);
	lthash_digest(&two, &right);
	CHECK(hash_equal(&left, &right));
}

static void
test_suites_sign_and_refuse(void)
{
	uint8_t seed[SUITE_SEED_SIZE] = { 1, 2, 3 };

	for (uint8_t suite = 1; suite <= SUITE_MAX; suite++)
	{
		SuiteSecret secret;
		uint8_t signature[SUITE_SIGNATURE_SIZE];
		McHash message = { { 9 } };

		CHECK(suite_secret_from_seed(suite, seed, &secret));
		CHECK(suite_key_valid(&secret.key));
		suite_sign(&secret, span_hash(&message), signature);
		CHECK(suite_verify(&secret.key, span_hash(&message), signature));
		for (int bit = 0; bit < 512; bit++)
		{
			signature[bit / 8] ^= (uint8_t) (1 << bit % 8);
			CHECK(!suite_verify(&secret.key, span_hash(&message), signature));
			signature[bit / 8] ^= (uint8_t) (1 << bit % 8);
		}
		message.bytes[31] ^= 1;
		CHECK(!suite_verify(&secret.key, span_hash(&message), signature));
		secret.key.suite = 3;
		CHECK(!suite_verify(&secret.key, span_hash(&message), signature));
	}
}

/* BIP 340 test vector 0 (secret key 3, zero message) fixes the public key of suite 2. */
static void
test_published_keys(void)
{
	uint8_t seed[SUITE_SEED_SIZE] = { 0 };
	SuiteSecret secret;

	seed[31] = 3;
	CHECK(suite_secret_from_seed(SUITE_SCHNORR, seed, &secret));
	CHECK_HEX(secret.key.public_key, 32,
			  "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9");
	CHECK(!suite_secret_from_seed(SUITE_SCHNORR, (uint8_t[32]){ 0 }, &secret));
}

static void
test_small_order_keys_are_refused(void)
{
	SuiteKey key = { .suite = SUITE_ED25519, .public_key = { 1 } };

	CHECK(!suite_key_valid(&key));
}

static void
test_problem_text(void)
{
	McProblem problem;
	char text[64];

	status_problem(&problem, MC_TOO_LARGE, 12, 7);
	status_message(&problem, text, sizeof(text));
	CHECK(strcmp(text, "size 12 is over the limit of 7") == 0);
	status_message(&problem, text, 8);
	CHECK(strcmp(text, "size 12") == 0);
	CHECK_INT(status_by_name("too_large"), MC_TOO_LARGE);
}

static void
test_catalogue_is_in_order(void)
{
	size_t count;
	const McStatusInfo *rows = status_catalogue(&count);

	for (size_t i = 0; i < count; i++)
	{
		CHECK(rows[i].status > 0 && rows[i].status <= MC_STATUS_MAX);
		CHECK(i == 0 || rows[i - 1].status < rows[i].status);
		CHECK_INT(status_by_name(rows[i].name), rows[i].status);
	}
}

int
main(void)
{
	RUN(test_values_of_free_shape);
	RUN(test_integers_at_every_width);
	RUN(test_tags_at_every_width);
	RUN(test_writer_stops_at_its_capacity);
	RUN(test_address_text);
	RUN(test_lthash_is_a_set);
	RUN(test_suites_sign_and_refuse);
	RUN(test_published_keys);
	RUN(test_small_order_keys_are_refused);
	RUN(test_problem_text);
	RUN(test_catalogue_is_in_order);
	return CHECK_RESULT();
}
