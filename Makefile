# meschain: plain PGXS, plus the targets of the README.
#
#   make demo | check | check-all | bench | sim     the commands of docs/testing.md
#   make unit | fuzz | tidy | regress | tap         one layer of the tests at a time
#
# A new room needs no change here: sources, SQL parts and tests are found by name.

EXTENSION  = meschain
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" meschain.control)
MODULE_big = meschain

MAKEFLAGS += --no-print-directory
PG_CONFIG ?= pg_config
CC        ?= gcc

# ---- what is in the extension ---------------------------------------------------------------
PURE_SRCS := $(sort $(filter-out %_pg.c src/cli/% src/gateway/% src/sdk/%,$(wildcard src/*/*.c)))
PG_SRCS   := $(sort $(wildcard src/*.c) $(filter-out src/cli/% src/gateway/% src/sdk/%,$(wildcard src/*/*_pg.c)))
OBJS       = $(PURE_SRCS:.c=.o) $(PG_SRCS:.c=.o)
SQL_PARTS := $(sort $(wildcard sql/[0-9][0-9]_*.sql))
LIBS_PURE  = -lcbor -lsodium -lsecp256k1 -lcrypto

DATA_built = $(EXTENSION)--$(EXTVERSION).sql
DATA       = $(wildcard sql/meschain--*--*.sql)

# The server's headers of 15 export nothing by themselves, those of 16 do
EXPORTED    = '__attribute__((visibility("default")))'
PG_CPPFLAGS = -DMESCHAIN_VERSION='"$(EXTVERSION)"' -I$(CURDIR)/src -I$(shell $(PG_CONFIG) --includedir 2>/dev/null) -DPGDLLEXPORT=$(EXPORTED)
PG_CFLAGS   = -std=gnu11 -Wall -Wextra -Werror -Wno-declaration-after-statement -Wno-unused-parameter -Wno-missing-field-initializers -Wno-cast-function-type -fvisibility=hidden $(if $(ASSERT),-DUSE_ASSERT_CHECKING) $(if $(ASSERT)$(SWITCHES),-DMESCHAIN_TEST_SWITCHES)
SHLIB_LINK  = $(LIBS_PURE) -lpq
EXTRA_CLEAN = build results regression.diffs regression.out $(EXTENSION)--$(EXTVERSION).sql

# No LLVM bitcode: nothing here is worth inlining into a query, and the build takes half the time
override with_llvm = no

# PGXS has a target "check" that only refuses, so `make check` does without PGXS. And without
# PostgreSQL's build files only the targets that install packages can run.
NO_INSTALLCHECK = 1
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(filter check,$(MAKECMDGOALS)),)
all install clean:
	@$(MAKE) $@
else ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
else
all install:
	@echo "$(PG_CONFIG) finds no PostgreSQL server to build for; docker/setup.sh installs it" >&2; exit 1
endif

# PGXS knows of no header; the flavour changes when the flags do, so that an assert build and a
# plain one never share an object.
FLAVOUR_NOW = $(strip $(CC) $(PG_CPPFLAGS) $(PG_CFLAGS) $(COPT) $(VERSION))
build/flavour: FORCE
	@$(shell mkdir -p build)$(if $(subst |$(FLAVOUR_NOW)|,,|$(strip $(file <$@))|),$(file >$@,$(FLAVOUR_NOW))):
FORCE:
.PHONY: FORCE
$(OBJS): build/flavour $(wildcard src/*.h src/*/*.h src/*/*.def)

$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PARTS)
	cat $^ > $@

# ---- mesctl: the pure rooms and libpq, no server needed -----------------------------------------
CLI_SRCS := $(sort $(wildcard src/cli/*.c))
CLI_OBJS  = $(CLI_SRCS:.c=.o)
mesctl_dir ?= /usr/local/bin
ifneq ($(wildcard src/cli/mesctl.c),)
all: build/mesctl
install: install-mesctl
uninstall: uninstall-mesctl
.PHONY: install-mesctl uninstall-mesctl
install-mesctl: build/mesctl
	$(MKDIR_P) '$(DESTDIR)$(mesctl_dir)'
	$(INSTALL_PROGRAM) build/mesctl '$(DESTDIR)$(mesctl_dir)/mesctl'
uninstall-mesctl:
	rm -f '$(DESTDIR)$(mesctl_dir)/mesctl'
build/mesctl: $(CLI_OBJS) $(PURE_SRCS:.c=.o)
	$(CC) $(CFLAGS) $^ -o $@ $(LDFLAGS) $(LIBS_PURE) -lisal -ljansson -lpthread -L$(libdir) -lpq
$(CLI_OBJS): build/flavour $(wildcard src/*/*.h src/*/*.def)
EXTRA_CLEAN += $(CLI_OBJS)
endif

include test/targets.mk
