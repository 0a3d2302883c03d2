/*
 * key_file.h - secret keys in files, in the format that a node keeps its own in:
 * "mes-key-1 SUITE SEED" with the seed in hex.
 */
#ifndef MESCHAIN_CLI_KEY_FILE_H
#define MESCHAIN_CLI_KEY_FILE_H

#include "base/suite.h"
#include "cli/cli.h"

extern void key_new(uint8_t suite, SuiteSecret *secret);
/* Refuses to overwrite. */
extern void key_file_write(const char *path, const SuiteSecret *secret);
/* Refuses a file that others can read. */
extern void key_file_read(const char *path, SuiteSecret *secret);
/* "SUITE:PUBLIC_KEY", the key in hex. */
extern SuiteKey key_parse(const char *text);

#endif
