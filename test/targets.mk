# targets.mk - tests of the pure rooms, which need no server. Included by the Makefile.

TEST_CC     = gcc
TEST_CFLAGS = -std=gnu11 -O1 -g -Wall -Wextra -Werror -Isrc -Itest -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_CC     = clang-14
FUZZ_CFLAGS = -std=gnu11 -O1 -g -Isrc -Itest -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_RUNS  ?= 20000

PURE_HDRS   := $(wildcard src/*/*.h src/*/*.def test/unit/*.h test/sim/*.h test/vectors/*.h)
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

# A test links what it calls: with all objects in each of them linking takes longer than testing
build/san/pure.a: $(PURE_OBJS)
build/fz/pure.a: $(FUZZ_OBJS)
build/san/pure.a build/fz/pure.a:
	@rm -f $@
	@ar rcs $@ $^

build/unit/%: test/unit/%.c build/san/pure.a $(PURE_HDRS)
	@mkdir -p $(@D)
	$(TEST_CC) $(TEST_CFLAGS) $< build/san/pure.a $(LIBS_PURE) -lpthread -o $@

# Reed-Solomon is compared with ISA-L, which no pure room links
build/unit/storage_rs: LIBS_PURE += -lisal

# The benchmark of `mesctl storage`: optimised, without sanitizers
STORAGE_SRCS := $(wildcard src/cli/storage_*.c src/cli/cmd_storage.c) \
  $(filter src/base/% src/storage/%,$(PURE_SRCS))
build/storage_bench: test/bench/storage_bench.c $(STORAGE_SRCS) $(PURE_HDRS)
	@mkdir -p $(@D)
	@$(TEST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -Isrc $(filter %.c,$^) $(LIBS_PURE) -lisal -lpthread -o $@
here-bench: build/storage_bench

build/fuzz/%: test/fuzz/%.c build/fz/pure.a $(PURE_HDRS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) $< build/fz/pure.a $(LIBS_PURE) -o $@

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
	@test/lib/run_fuzz.sh $(FUZZ_RUNS) $(FUZZ_TESTS)

# The simulator, its mutants and the model of the protocol: SEEDS and SEED, QUICK (mutants) and ALL
# (model) reach them through the environment.
export SEEDS SEED QUICK ALL
.PHONY: sim mutants model
sim:
	@test/lib/run_script.sh sim test/sim/run.sh

mutants:
	@test/lib/run_script.sh mutants test/sim/mutants.sh

model:
	@test/lib/run_script.sh model test/model/run.sh

# ---- tests that need a server: against a private copy of PostgreSQL, never as root ----------------
# `make X` steps down to an unprivileged user when root calls it and makes here-X there. Tests use
# an assert build, benchmarks a plain one.

TEST_ASSERT = 1
TEST_MAKE   = $(MAKE) ASSERT=$(TEST_ASSERT) PG_CONFIG=$(PG_CONFIG)
TEST_INPUTS = $(PGXS:makefiles/pgxs.mk=test)
REGRESS     := $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
ISOLATION   := $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/iso_*.spec)))
TAP         := $(sort $(wildcard test/t/*.pl))
TAP_ALL     := $(sort $(wildcard test/t_all/*.pl))
BENCHES     := $(sort $(shell find test/bench -name '*.sh' -executable 2>/dev/null))

.PHONY: regress isolation tap tap_all temp-install
regress isolation tap tap_all:
	@test/lib/as_user.sh here-$@

temp-install:
	@mkdir -p build
	@test/lib/temp_install.sh $(CURDIR)/build/tmp_install > build/tmp_bindir
	@$(TEST_MAKE) -s install DESTDIR=$(CURDIR)/build/tmp_install > build/install.log 2>&1 || { cat build/install.log; exit 1; }

here-regress: temp-install
	@bin=$$(cat build/tmp_bindir) && test/lib/with_server.sh $$bin regress test/regress.conf \
	  test/lib/run_regress.sh regress $(TEST_INPUTS)/regress/pg_regress $$bin $(REGRESS)

here-isolation: temp-install
	@bin=$$(cat build/tmp_bindir) && test/lib/with_server.sh $$bin isolation test/regress.conf \
	  test/lib/run_regress.sh isolation $(TEST_INPUTS)/isolation/pg_isolation_regress $$bin $(ISOLATION)

here-tap: temp-install
	@test/lib/run_tap.sh tap $$(cat build/tmp_bindir) $(TAP)

here-tap_all: temp-install
	@test/lib/run_tap.sh tap_all $$(cat build/tmp_bindir) $(TAP_ALL)

# Faults at random for MINUTES, on NODES servers; SEED repeats a run.
export MINUTES NODES
.PHONY: soak here-soak
soak:
	@test/lib/as_user.sh here-soak
here-soak: temp-install
	@PROVE_FLAGS=-v test/lib/run_tap.sh soak $$(cat build/tmp_bindir) test/soak/soak.pl
	@grep '^# soak:' build/log/soak.log

# ---- the guided story -------------------------------------------------------------------------------
.PHONY: demo
demo:
	@docker/demo.sh

# ---- everything -------------------------------------------------------------------------------------
# KILLS, SEEDS and FUZZ_RUNS say how long the long tests take; test/t_all is for check-all alone.

CHECK_LAYERS = tidy unit fuzz model sim mutants regress isolation tap

.PHONY: check check-all bench installcheck
ifneq ($(filter check,$(MAKECMDGOALS)),)
check: export QUICK = 1
check: export KILLS ?= 10
check:
	@docker/setup.sh
	@test/lib/as_user.sh here-check
endif

installcheck: regress isolation tap

check-all: export ALL = 1
check-all: export SEEDS = 20000
check-all: export KILLS ?= 100
check-all: export FUZZ_RUNS = 1000000
check-all:
	@docker/setup.sh
	@test/lib/as_user.sh here-check-all

bench:
	@docker/setup.sh --bench
	@FLAVOUR=bench test/lib/as_user.sh here-bench TEST_ASSERT= SWITCHES=1

.PHONY: here-check here-check-all here-bench $(CHECK_LAYERS:%=here-%) here-tap_all
here-check:
	@test/lib/check.sh $(CHECK_LAYERS)

here-check-all:
	@test/lib/check.sh $(CHECK_LAYERS) tap_all

here-tidy: tidy
here-unit: unit
here-fuzz: fuzz
here-model: model
here-sim: sim
here-mutants: mutants

here-bench: temp-install
	@bin=$$(cat build/tmp_bindir) && test/lib/with_server.sh $$bin bench test/bench/server.conf \
	  test/lib/run_bench.sh $$bin $(BENCHES)
