/* storage_tool.c - `mesctl storage` alone, for tests that need no other command. */
#include "cli/cmd_storage.h"

int
main(int argc, char **argv)
{
	return cmd_storage(argc, argv);
}
