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
PG_CPPFLAGS = -I$(CURDIR)/src -I$(shell $(PG_CONFIG) --includedir) -DPGDLLEXPORT=$(EXPORTED)
PG_CFLAGS   = -std=gnu11 -Wall -Wextra -Werror -Wno-declaration-after-statement -Wno-unused-parameter -Wno-missing-field-initializers -Wno-cast-function-type -fvisibility=hidden $(if $(ASSERT),-DUSE_ASSERT_CHECKING)
SHLIB_LINK  = $(LIBS_PURE) -lpq
EXTRA_CLEAN = build results regression.diffs regression.out $(EXTENSION)--$(EXTVERSION).sql

# Debian's server is built without LLVM bitcode needs of ours
with_llvm = no

# Without PostgreSQL's build files only the targets that install packages can run.
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
endif

# PGXS knows of no header; the flavour changes when the flags do, so that an assert build and a
# plain one never share an object.
FLAVOUR_NOW := $(strip $(CC) $(PG_CPPFLAGS) $(PG_CFLAGS) $(COPT) $(VERSION))
ifneq ($(FLAVOUR_NOW),$(strip $(file <build/flavour)))
$(shell mkdir -p build)
$(file >build/flavour,$(FLAVOUR_NOW))
endif
$(OBJS): build/flavour $(wildcard src/*.h src/*/*.h src/*/*.def)

$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PARTS)
	cat $^ > $@

include test/targets.mk
