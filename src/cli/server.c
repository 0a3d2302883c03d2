/*
 * server.c - runs PostgreSQL's programs as a user who may, and looks after their processes.
 */
#include "cli/federation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_ARGUMENTS_MAX 32

/* ---- the owner ---------------------------------------------------------------------------------
 */

static const struct passwd *
server_user(void)
{
	const char *name = getenv("MESCHAIN_USER");
	const struct passwd *user = getpwnam(name != NULL ? name : "postgres");

	if (user == NULL)
		cli_fail("there is no user \"%s\" to run servers as", name != NULL ? name : "postgres");
	if (user->pw_uid == 0)
		cli_fail("MESCHAIN_USER is root, as whom PostgreSQL does not run");
	return user;
}

/* From here on this process, root's so far, is that user's. */
static bool
become_user(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
		   setuid(user->pw_uid) == 0;
}

/* Tried by a process of its own, since there is no way back to root. */
static bool
user_can_enter(const struct passwd *user, const char *dir)
{
	pid_t child = fork();

	if (child < 0)
		cli_fail("cannot start a process: %s", strerror(errno));
	if (child == 0)
		_exit(become_user(user) && chdir(dir) == 0 ? 0 : 1);
	return server_end(child);
}

static void
give_to_server_user(const char *dir)
{
	const struct passwd *user = server_user();

	if (chown(dir, user->pw_uid, user->pw_gid) != 0)
		cli_fail("cannot give \"%s\" to user %s: %s", dir, user->pw_name, strerror(errno));
	if (user_can_enter(user, dir))
		return;
	rmdir(dir);
	cli_fail("user %s, as whom the servers run, cannot enter \"%s\"\n"
			 "hint: Choose a directory that this user can enter, such as /var/lib/ledger.",
			 user->pw_name, dir);
}

char *
owner_create_directory(const char *dir)
{
	struct stat found;
	char *path;

	if (mkdir(dir, S_IRWXU) != 0 && errno != EEXIST)
		cli_fail("cannot make \"%s\": %s", dir, strerror(errno));
	if (stat(dir, &found) != 0 || !S_ISDIR(found.st_mode))
		cli_fail("\"%s\" is no directory", dir);
	/* an existing one must be empty, which the caller checks before anything is done in it */
	if (geteuid() == 0 && found.st_uid == 0 && rmdir(dir) == 0 && mkdir(dir, S_IRWXU) == 0)
		give_to_server_user(dir);
	path = realpath(dir, NULL);
	if (path == NULL)
		cli_fail("cannot find \"%s\": %s", dir, strerror(errno));
	return path;
}

void
owner_become(const char *dir)
{
	struct stat found;
	const struct passwd *user;

	if (stat(dir, &found) != 0)
		cli_fail("cannot find \"%s\": %s", dir, strerror(errno));
	user = getpwuid(found.st_uid);
	if (found.st_uid == 0)
		cli_fail("\"%s\" belongs to root, as whom PostgreSQL does not run", dir);
	if (geteuid() != 0 && found.st_uid != geteuid())
		cli_fail("\"%s\" belongs to user %s; run this as that user or as root", dir,
				 user != NULL ? user->pw_name : "unknown");
	if (geteuid() != 0)
		return;
	if (user == NULL)
		cli_fail("the owner of \"%s\" is no user of this machine", dir);
	if (!become_user(user))
		cli_fail("cannot become user %s: %s", user->pw_name, strerror(errno));
	setenv("HOME", user->pw_dir, 1);
	setenv("USER", user->pw_name, 1);
	setenv("LOGNAME", user->pw_name, 1);
	/* the caller's directory may be closed to this user */
	if (chdir(dir) != 0)
		cli_fail("user %s, whose it is, cannot enter \"%s\": %s", user->pw_name, dir,
				 strerror(errno));
}

/* ---- programs ----------------------------------------------------------------------------------
 */

static char *
program_in(const char *dir, size_t size, const char *program)
{
	char *path = cli_format("%.*s/%s", (int) size, dir, program);

	/* the directory of the server has them all, that of the client has only psql */
	return access(path, X_OK) == 0 &&
				   access(cli_format("%.*s/postgres", (int) size, dir), X_OK) == 0
			   ? path
			   : NULL;
}

char *
server_program(const char *program)
{
	const char *given = getenv("MESCHAIN_BINDIR");
	const char *path = getenv("PATH");
	char *found = NULL;

	if (given != NULL)
		found = program_in(given, strlen(given), program);
	else
	{
		for (const char *at = path; at != NULL && found == NULL;)
		{
			size_t size = strcspn(at, ":");

			found = program_in(at, size, program);
			at = at[size] == ':' ? at + size + 1 : NULL;
		}
		for (int version = 18; version >= 15 && found == NULL; version--)
		{
			char *dir = cli_format("/usr/lib/postgresql/%d/bin", version);

			found = program_in(dir, strlen(dir), program);
		}
	}
	if (found == NULL)
		cli_fail("%s of the PostgreSQL server is not found; install postgresql-15, or say in "
				 "MESCHAIN_BINDIR where it is",
				 program);
	return found;
}

static _Noreturn void
become_program(const char *log, char **arguments)
{
	static const char *const inherited[] = { "PGDATA",     "PGHOST",    "PGPORT",   "PGUSER",
											 "PGDATABASE", "PGOPTIONS", "PGSERVICE" };
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, S_IRUSR | S_IWUSR);
	int in = open("/dev/null", O_RDONLY);

	if (out < 0 || in < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
		dup2(in, STDIN_FILENO) < 0)
		_exit(126);
	for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]); i++)
		unsetenv(inherited[i]);
	execv(arguments[0], arguments);
	_exit(127);
}

static pid_t
begin_program(const char *log, const char *program, va_list list)
{
	char *arguments[PROGRAM_ARGUMENTS_MAX] = { server_program(program) };
	int count = 1;
	pid_t child;

	while (count < PROGRAM_ARGUMENTS_MAX - 1 && (arguments[count] = va_arg(list, char *)) != NULL)
		count++;
	child = fork();
	if (child < 0)
		cli_fail("cannot start %s: %s", program, strerror(errno));
	if (child == 0)
		become_program(log, arguments);
	return child;
}

int
server_begin(const char *log, const char *program, ...)
{
	va_list list;
	pid_t child;

	va_start(list, program);
	child = begin_program(log, program, list);
	va_end(list);
	return child;
}

bool
server_end(int child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			cli_fail("lost process %d: %s", child, strerror(errno));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool
server_run(const char *log, const char *program, ...)
{
	va_list list;
	pid_t child;

	va_start(list, program);
	child = begin_program(log, program, list);
	va_end(list);
	return server_end(child);
}

/* ---- processes ---------------------------------------------------------------------------------
 */

static bool
is_alive(int pid)
{
	FILE *file = fopen(cli_format("/proc/%d/status", pid), "r");
	char line[256];
	bool alive = file != NULL;

	/* a container's init may never reap: a zombie is dead */
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "State:", 6) == 0)
			alive = strchr(line, 'Z') == NULL && strchr(line, 'X') == NULL;
	if (file != NULL)
		fclose(file);
	return alive;
}

/* The process that a lock file names, 0 when there is none or it is dead. */
static int
lock_holder(const char *path)
{
	int pid;

	if (access(path, F_OK) != 0)
		return 0;
	pid = atoi((const char *) cli_read(path, 4096).data);
	return pid > 0 && is_alive(pid) ? pid : 0;
}

int
server_pid(const char *data)
{
	return lock_holder(cli_format("%s/postmaster.pid", data));
}

/* Every process of a server stands in its data directory. */
static bool
has_process(const char *data)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (processes != NULL && !found && (entry = readdir(processes)) != NULL)
	{
		char target[4096];
		int pid = atoi(entry->d_name);
		ssize_t size =
			pid > 0 ? readlink(cli_format("/proc/%d/cwd", pid), target, sizeof(target) - 1) : -1;

		if (size > 0)
			target[size] = '\0';
		found = size > 0 && strcmp(target, data) == 0 && is_alive(pid);
	}
	if (processes != NULL)
		closedir(processes);
	return found;
}

bool
server_wait_gone(const char *data, int64_t seconds)
{
	int64_t deadline = cli_now_us() + seconds * 1000000;

	while (has_process(data))
	{
		if (cli_now_us() > deadline)
			return false;
		usleep(10000);
	}
	return true;
}

void
server_clear_remains(const char *data, const char *socket_lock)
{
	/* PostgreSQL does so itself, but takes a zombie for alive */
	if (server_pid(data) != 0 || lock_holder(socket_lock) != 0 || !server_wait_gone(data, 30))
		return;
	unlink(cli_format("%s/postmaster.pid", data));
	unlink(socket_lock);
}
