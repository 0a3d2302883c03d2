/*
 * tls_pg.c - when the certificate that this node shows to the others expires.
 */
#include "postgres.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include "fmgr.h"
#include "node/guc_pg.h"
#include "storage/fd.h"
#include "utils/timestamp.h"

static X509 *
read_certificate(const char *path)
{
	FILE *file = path != NULL && path[0] != '\0' ? AllocateFile(path, "r") : NULL;
	X509 *certificate = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

	if (file != NULL)
		FreeFile(file);
	return certificate;
}

/* Null without a certificate, or with one that cannot be read: then no link comes up and says so.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_certificate_expires_at);
Datum
mes_internal_certificate_expires_at(PG_FUNCTION_ARGS)
{
	X509 *certificate = read_certificate(guc_peer_ssl_cert_file);
	struct tm end;
	bool known;

	known = certificate != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1;
	X509_free(certificate);
	if (!known)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(time_t_to_timestamptz((pg_time_t) timegm(&end)));
}
