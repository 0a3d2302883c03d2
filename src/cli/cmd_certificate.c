/*
 * cmd_certificate.c - a member's TLS key and certificate, for a server that is set up by hand.
 */
#include "cli/certificate.h"

#include <stdio.h>
#include <string.h>

static int
run_certificate(int argc, char **argv)
{
	const char *out = NULL;
	const CliOption options[] = { { "out", CLI_TEXT, &out, 0, 0 }, { 0 } };
	char *key;
	char *certificate;

	if (cli_options(argc, argv, options) != 2)
		cli_usage("name the member and the host by which others reach it: "
				  "mesctl node certificate bank1 10.0.0.1 --out DIR");
	key = cli_format("%s/peer.key", cli_required(out, "--out"));
	certificate = cli_format("%s/peer.crt", out);
	certificate_make(argv[1], argv[2], key, certificate);
	printf("key          %s\ncertificate  %s\n", key, certificate);
	return CLI_DONE;
}

const CliCommand cmd_certificate[] = {
	{ "node certificate", "makes a member's TLS key and certificate",
	  "usage: mesctl node certificate MEMBER HOST --out DIR\n\n"
	  "Writes DIR/peer.key, its owner's alone, and DIR/peer.crt, good for ten years, with MEMBER "
	  "as\n"
	  "its name. It signs itself: give peer.crt to the other members, and put theirs and your "
	  "own,\n"
	  "one after the other, into the file that ssl_ca_file and meschain.peer_ssl_ca_file name.\n\n"
	  "example:\n  mesctl node certificate bank1 10.0.0.1 --out /var/lib/meschain/state\n",
	  run_certificate },
	{ 0 },
};
