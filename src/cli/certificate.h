/*
 * certificate.h - self-signed certificates by which members know each other over TLS.
 */
#ifndef MESCHAIN_CLI_CERTIFICATE_H
#define MESCHAIN_CLI_CERTIFICATE_H

#include "cli/cli.h"

/*
 * A new P-256 key and a certificate of ten years for name, which others reach at host. Both PEM;
 * the key's file is its owner's alone. The certificate cannot sign others (no CA): who trusts it
 * trusts this member and nobody else.
 */
extern void certificate_make(const char *name, const char *host, const char *key_path,
							 const char *certificate_path);

#endif
