/*
 * digest.c - SHA-256 through one reused OpenSSL context a thread. A failure of the library is a
 * broken installation, never a property of the input, so it aborts instead of giving a wrong hash.
 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

static _Thread_local EVP_MD_CTX *sha256_context;

static EVP_MD_CTX *
context_ready(void)
{
	if (sha256_context == NULL)
	{
		EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		EVP_MD_CTX *context = EVP_MD_CTX_new();

		if (sha256 == NULL || context == NULL || !EVP_DigestInit_ex(context, sha256, NULL))
			abort();
		EVP_MD_free(sha256); /* the context holds its own reference */
		sha256_context = context;
	}
	else if (!EVP_DigestInit_ex(sha256_context, NULL, NULL))
		abort();
	return sha256_context;
}

void
digest_sha256(McHash *out, const McSpan *parts, size_t count)
{
	EVP_MD_CTX *context = context_ready();

	assert(out != NULL);
	for (size_t i = 0; i < count; i++)
		if (parts[i].size > 0 && !EVP_DigestUpdate(context, parts[i].data, parts[i].size))
			abort();
	if (!EVP_DigestFinal_ex(context, out->bytes, NULL))
		abort();
}

void
digest_tagged(McHash *out, const char *tag, McSpan data)
{
	McSpan parts[2] = { span_text(tag), data };

	digest_sha256(out, parts, 2);
}
