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
PACKAGES := libsodium libxxhash inih libzstd libarchive jansson
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(WARNINGS) -MMD -MP \
	$(shell pkg-config --cflags $(PACKAGES)) $(CFLAGS)
LIBS = $(shell pkg-config --libs $(PACKAGES))

LIB_OBJECTS := $(patsubst %.c,obj/%.o,$(wildcard lib/*.c))
BUILDER_OBJECTS := $(patsubst %.c,obj/%.o,$(wildcard builder/*.c))

all: ingot

ingot: $(BUILDER_OBJECTS) $(LIB_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

objects: $(BUILDER_OBJECTS) $(LIB_OBJECTS)

land-check: objects

clean:
	rm -rf obj ingot

.PHONY: all objects land-check clean
-include $(LIB_OBJECTS:.o=.d) $(BUILDER_OBJECTS:.o=.d)
