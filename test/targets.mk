# targets.mk - tests of the pure rooms, which need no server. Included by the Makefile.

TEST_CC     = gcc
TEST_CFLAGS = -std=gnu11 -O1 -g -Wall -Wextra -Werror -Isrc -Itest -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_CC     = clang-14
FUZZ_CFLAGS = -std=gnu11 -O1 -g -Isrc -Itest -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_RUNS  ?= 20000

PURE_HDRS   := $(wildcard src/*/*.h src/*/*.def test/unit/*.h test/sim/*.h)
UNIT_TESTS  := $(patsubst test/unit/%.c,build/unit/%,$(wildcard test/unit/*.c))
FUZZ_TESTS  := $(patsubst test/fuzz/%.c,build/fuzz/%,$(wildcard test/fuzz/fuzz_*.c))
PURE_OBJS   := $(patsubst src/%.c,build/san/%.o,$(PURE_SRCS))
FUZZ_OBJS   := $(patsubst src/%.c,build/fz/%.o,$(PURE_SRCS))

build/san/%.o: src/%.c $(PURE_HDRS)
	@mkdir -p $(@D)
	$(TEST_CC) $(TEST_CFLAGS) -c $< -o $@

build/fz/%.o: src/%.c $(PURE_HDRS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(subst fuzzer,fuzzer-no-link,$(FUZZ_CFLAGS)) -c $< -o $@

build/unit/%: test/unit/%.c $(PURE_OBJS) $(PURE_HDRS)
	@mkdir -p $(@D)
	$(TEST_CC) $(TEST_CFLAGS) $< $(PURE_OBJS) $(LIBS_PURE) -lpthread -o $@

build/fuzz/%: test/fuzz/%.c $(FUZZ_OBJS) $(PURE_HDRS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) $< $(FUZZ_OBJS) $(LIBS_PURE) -o $@

# What a pure object calls shows best without sanitizers, optimisation and inlined checks.
TIDY_OBJS   := $(patsubst src/%.c,build/tidy/%.o,$(PURE_SRCS))

build/tidy/%.o: src/%.c $(PURE_HDRS)
	@mkdir -p $(@D)
	@$(TEST_CC) -std=gnu11 -O0 -U_FORTIFY_SOURCE -fno-stack-protector -Isrc -c $< -o $@

.PHONY: unit fuzz tidy
tidy: $(TIDY_OBJS)
	@test/tidy/run.sh $(TIDY_OBJS)

unit: $(UNIT_TESTS)
	@test/lib/run_unit.sh $(UNIT_TESTS)

fuzz: $(FUZZ_TESTS)
	@for target in $(FUZZ_TESTS); do \
	  corpus=test/fuzz/corpus/$$(basename $$target); \
	  $$target -runs=$(FUZZ_RUNS) -seed=1 -max_len=65536 -verbosity=0 -print_final_stats=0 -artifact_prefix=build/ $$(test -d $$corpus && echo $$corpus) || exit 1; \
	  echo "ok fuzz $$(basename $$target) $(FUZZ_RUNS) inputs"; done

# ---- tests that need a server: against a private copy of PostgreSQL, never as root ----------------
# `make X` steps down to an unprivileged user when root calls it and makes here-X there.

TEST_MAKE   = $(MAKE) ASSERT=1 PG_CONFIG=$(PG_CONFIG)
TEST_INPUTS = $(PGXS:makefiles/pgxs.mk=test)
REGRESS     := $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
ISOLATION   := $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/iso_*.spec)))
TAP         := $(sort $(wildcard test/t/*.pl))

.PHONY: regress isolation tap here-regress here-isolation here-tap temp-install
regress isolation tap:
	@test/lib/as_user.sh here-$@

temp-install:
	@test/lib/temp_install.sh $(CURDIR)/build/tmp_install > build/tmp_bindir
	@$(TEST_MAKE) -s install DESTDIR=$(CURDIR)/build/tmp_install > build/install.log 2>&1 || { cat build/install.log; exit 1; }

here-regress: temp-install
	@bin=$$(cat build/tmp_bindir) && test/lib/with_server.sh $$bin regress test/regress.conf \
	  test/lib/run_regress.sh regress $(TEST_INPUTS)/regress/pg_regress $$bin $(REGRESS)

ifneq ($(ISOLATION),)
here-isolation: temp-install
	@bin=$$(cat build/tmp_bindir) && test/lib/with_server.sh $$bin isolation test/regress.conf \
	  test/lib/run_regress.sh isolation $(TEST_INPUTS)/isolation/pg_isolation_regress $$bin $(ISOLATION)
else
here-isolation:
	@echo "isolation: 0 passed, 0 failed"
endif

here-tap: temp-install
	@test/lib/run_tap.sh tap $$(cat build/tmp_bindir) $(TAP)
