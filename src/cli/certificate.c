/*
 * certificate.c - makes a member's TLS key and certificate with OpenSSL.
 */
#include "cli/certificate.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define CERTIFICATE_DAYS 3650

static void
must(int done, const char *what)
{
	if (done == 0)
		cli_fail("cannot make a certificate: %s: %s", what,
				 ERR_reason_error_string(ERR_peek_last_error()));
}

static void
add_extension(X509 *certificate, int kind, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, value);
	X509_EXTENSION_free(extension);
}

static void
set_names(X509 *certificate, const char *name, const char *host)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	uint8_t address[16];
	bool numeric =
		inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;

	must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *) name, -1,
									-1, 0),
		 "its name");
	must(X509_set_issuer_name(certificate, subject), "its issuer");
	add_extension(certificate, NID_subject_alt_name,
				  cli_format("DNS:%s,%s:%s", name, numeric ? "IP" : "DNS", host));
}

static void
set_serial(X509 *certificate)
{
	uint8_t bytes[16];
	BIGNUM *number;

	cli_random(bytes, sizeof(bytes));
	bytes[0] &= 0x7f;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	must(number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL,
		 "its serial number");
	BN_free(number);
}

static McSpan
pem_of(BIO *memory)
{
	char *data;
	long size = BIO_get_mem_data(memory, &data);
	char *copy = cli_alloc((size_t) size);

	memcpy(copy, data, (size_t) size);
	return span_of(copy, (size_t) size);
}

static void
write_files(EVP_PKEY *key, X509 *certificate, const char *key_path, const char *certificate_path)
{
	BIO *memory = BIO_new(BIO_s_mem());

	must(memory != NULL && PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL),
		 "its key");
	cli_write_secret(key_path, pem_of(memory));
	BIO_free(memory);
	memory = BIO_new(BIO_s_mem());
	must(memory != NULL && PEM_write_bio_X509(memory, certificate), "its file");
	cli_write(certificate_path, pem_of(memory));
	BIO_free(memory);
}

void
certificate_make(const char *name, const char *host, const char *key_path,
				 const char *certificate_path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();

	must(key != NULL && certificate != NULL, "its key");
	must(X509_set_version(certificate, X509_VERSION_3), "its version");
	set_serial(certificate);
	must(X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL &&
			 X509_time_adj_ex(X509_getm_notAfter(certificate), CERTIFICATE_DAYS, 0, NULL) != NULL,
		 "its time");
	must(X509_set_pubkey(certificate, key), "its key");
	set_names(certificate, name, host);
	add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(certificate, NID_key_usage, "critical,digitalSignature");
	add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth");
	must(X509_sign(certificate, key, EVP_sha256()) > 0, "its signature");
	write_files(key, certificate, key_path, certificate_path);
	X509_free(certificate);
	EVP_PKEY_free(key);
}
