# Ingot: `make demo` and `make test` are the two commands of README.md; `make help` lists the rest.
SHELL := /bin/sh
CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings -Wcast-qual -Wpointer-arith \
	-Wvla -Wundef -Wformat=2 -Wimplicit-fallthrough -fno-common
ifdef CI
WARNINGS += -Werror
endif
PACKAGES := libsodium libxxhash inih libzstd libarchive jansson libseccomp libnftnl
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
ALL_CFLAGS = -I. -std=c11 -D_GNU_SOURCE $(WARNINGS) -MMD -MP $(PACKAGE_CFLAGS)
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

LIB := $(wildcard lib/*.c)
BUILDER := $(wildcard builder/*.c builder/*/*.c)
# What the device has alone; the outbox wants libcurl, which its recipe builds.
DEVICE := $(filter-out pid1/outbox/outbox.c,$(wildcard pid1/*.c pid1/*/*.c rollback/*.c rollback/*/*.c))
UPDATER := $(filter-out rollback/updater/installer.c,$(wildcard rollback/updater/*.c))
# Unit tests and fuzzers of rollback are named test_rollback_*, fuzz_rollback_*.
ROLLBACK := $(LIB) $(filter-out rollback/main.c,$(wildcard rollback/*.c)) $(wildcard tests/fault/*.c)
# What unit tests and fuzzers link: everything but the command's main().
TESTED := $(LIB) $(filter-out builder/main.c,$(BUILDER))
UNIT := $(patsubst tests/unit/%.c,obj/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,obj/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60
PREFIX ?= /usr/local
# Built before the tests, once, with every processor: what several of them need.
WARM := qemu-x86_64 robot-x86_64 sat-x86_64 launcher-x86_64 pc-x86_64 inih zstd kexec-tools dropbear dhcpcd rollback updater
# These take minutes: they begin first, so that none is left alone at the end.
LONG := tests/boot/rollback-walk.t tests/boot/rollback-efi.t tests/boot/updates.t tests/cli/repro.t tests/boot/rollback-cuts.t tests/boot/selfcheck.t
TESTS := $(LONG) $(filter-out $(LONG),$(UNIT) $(wildcard tests/cli/*.t tests/boot/*.t))
# One more than processors: a boot waits a good part of its time.
PROVE ?= prove --timer --failures --comments --exec '' -j$$(($$(nproc) + 1))

all: ingot

help:
	@sed -n 's/^## //p' Makefile

## make deps      show what this machine lacks for `make demo`, and why
deps:
	@builder/deps.sh --show demo

## make demo      build the board qemu-x86_64 from sources and boot it
demo:
	@builder/demo.sh

## make test      every test, under prove
test:
	@builder/deps.sh --install demo test
	@$(MAKE) --no-print-directory -s -j$$(nproc) ingot unit
	@$(MAKE) --no-print-directory check

## make           build ./ingot alone
ingot: $(BUILDER:%.c=obj/%.o) $(LIB:%.c=obj/%.o)
	@echo "link $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "cc $<"
	@$(CC) $(ALL_CFLAGS) $(CFLAGS) -c -o $@ $<

objects: $(BUILDER:%.c=obj/%.o) $(LIB:%.c=obj/%.o)

## make check     the tests, with nothing installed first
check: ingot unit
	@tests/check-tree.sh
	./ingot build --board qemu-x86_64 $(WARM)
	CMOCKA_MESSAGE_OUTPUT=TAP $(PROVE) $(TESTS)

## make unit      the unit tests alone, under ASan and UBSan
unit: $(UNIT) obj/device/rollback obj/device/updater obj/device/installer

check-unit: $(UNIT)
	CMOCKA_MESSAGE_OUTPUT=TAP $(PROVE) $(UNIT)

obj/asan/%.o: %.c
	@mkdir -p $(@D)
	@echo "cc $< (asan)"
	@$(CC) $(ALL_CFLAGS) $(SANITIZE) -c -o $@ $<

obj/unit/%: obj/asan/tests/unit/%.o $(TESTED:%.c=obj/asan/%.o)
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CC) $(SANITIZE) -o $@ $^ $(LIBS) -lcmocka

obj/unit/test_rollback_%: obj/asan/tests/unit/test_rollback_%.o $(ROLLBACK:%.c=obj/asan/%.o)
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CC) $(SANITIZE) -o $@ $^ $(LIBS) -lcmocka

# The device's programs, as tests run them here.
obj/device/rollback: $(patsubst %.c,obj/asan/%.o,$(LIB) $(wildcard rollback/*.c))
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CC) $(SANITIZE) -o $@ $^ $(LIBS)

obj/device/updater: $(patsubst %.c,obj/asan/%.o,$(LIB) $(UPDATER))
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CC) $(SANITIZE) -o $@ $^ $(LIBS) -lcurl

obj/device/installer: obj/asan/rollback/updater/installer.o
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CC) $(SANITIZE) -o $@ $^

## make fuzz      each parser's harness for FUZZ_SECONDS (60)
fuzz: $(FUZZ)
	@for f in $(FUZZ); do \
		mkdir -p obj/corpus/$${f##*/}; echo "$${f##*/}"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 -verbosity=0 \
			-artifact_prefix=obj/corpus/ obj/corpus/$${f##*/} || exit 1; \
	done

obj/fuzzed/%.o: %.c
	@mkdir -p $(@D)
	clang $(ALL_CFLAGS) -O1 -g -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

obj/fuzz/%: obj/fuzzed/tests/fuzz/%.o $(TESTED:%.c=obj/fuzzed/%.o)
	@mkdir -p $(@D)
	clang -g -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

obj/fuzz/fuzz_rollback_%: obj/fuzzed/tests/fuzz/fuzz_rollback_%.o $(ROLLBACK:%.c=obj/fuzzed/%.o)
	@mkdir -p $(@D)
	clang -g -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

## make analyze   warnings of gcc, clang and the musl build; analyzers and lint of every language
analyze:
	@builder/deps.sh --install demo test analyze
	@FLAGS='-I. -std=c11 -D_GNU_SOURCE $(WARNINGS) $(PACKAGE_CFLAGS)' tests/analyze.sh $(PARTS)

## make bench     ratios beside peers, in one run
bench: ingot
	@builder/deps.sh --install demo test bench
	@tests/bench/run.sh

## make repro     everything twice from empty stores, as two users: byte-equal?
repro: ingot
	@tests/repro.sh

## make faults    power cuts in the life of a device (CUTS, SEED, POWER_CUTS); kills inside a kernel compile
faults: ingot obj/unit/test_rollback_cuts obj/device/rollback
	CUTS=$(or $(CUTS),10000) SEED=$(or $(SEED),2) obj/unit/test_rollback_cuts
	POWER_CUTS=$(or $(POWER_CUTS),100) SEED=$(or $(SEED),4) $(PROVE) -v tests/boot/rollback-cuts.t
	@tests/faults.sh

## make test-docker   the Dockerfile's build, by buildah on a base by mmdebstrap
test-docker: ingot
	@tests/docker.sh

## make install   ingot with its tree, the manual and bash's completion under PREFIX (/usr/local)
install: ingot
	install -d "$(DESTDIR)$(PREFIX)/lib/ingot" "$(DESTDIR)$(PREFIX)/bin" \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions"
	cp -R ingot boards recipes kernel-configs lib pid1 rollback "$(DESTDIR)$(PREFIX)/lib/ingot"
	ln -sfn ../lib/ingot/ingot "$(DESTDIR)$(PREFIX)/bin/ingot"
	for page in docs/*.[1-8]; do \
		install -D -m 644 "$$page" "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}" || exit 1; \
	done
	install -m 644 docs/ingot.bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ingot"
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/doc/ingot" README.md docs/updates.md

## make clean     remove what make made; the store stays
clean:
	rm -rf obj ingot

# What must hold before a change meets the others': all of it compiles, and with no warning, those
# of the optimizer included.
land-check:
	@$(MAKE) --no-print-directory -s CI=true ingot unit
	@for file in $(DEVICE) $(wildcard tests/fuzz/*.c); do \
		$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -Werror -O2 -c -o /dev/null $$file || exit 1; \
	done

.PHONY: all help deps demo test objects check unit check-unit fuzz analyze bench repro faults \
	test-docker install clean land-check
.SECONDARY:
-include $(shell find obj -name '*.d' 2>/dev/null)
