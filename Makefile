# The menu. The work is done by tools/setup (what is missing), tools/build (Meson and ninja) and
# tests/run (the tests); `make` alone prints what there is.

PREFIX ?= /usr/local
ARGS ?=

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run build test test-long bench bench-compare fuzz lint format clean install

help: ## print this menu
	@echo "Latchkey: make TARGET"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s  %s\n", $$1, $$2 }' Makefile

run: build ## build and start on http://127.0.0.1:8000 with ./latchkey.db (ARGS="--listen ...")
	@exec build/latchkey serve $(ARGS)

build: ## install what is missing and build build/latchkey
	@tools/setup
	@tools/build release

test: ## install what is missing, build, run every test (ARGS="unit api": only these parts)
	@tools/setup --test
	@tests/run $(ARGS)

test-long: ## the same with whole races, random walks and histories, for an hour
	@tools/setup --test
	@tests/run --long $(ARGS)

bench: ## measure speed, memory and start-up (ARGS="--peers": other servers too)
	@tools/setup --bench
	@tools/build release
	@bench/run $(ARGS)

bench-compare: ## measure this checkout against another commit (BASE=COMMIT, ARGS are passed on)
	@tools/setup --bench
	@tools/build release
	@bench/compare "$(BASE)" $(ARGS)

fuzz: ## run every fuzz target for a while (ARGS are passed on)
	@tools/setup --fuzz
	@tests/fuzz/run $(ARGS)

lint: ## check layout of the code, shell scripts and layers
	@tools/setup --test
	@tests/run lint

format: ## lay the C code out with clang-format
	@tools/setup --test
	@find src tests bench subprojects/argon2 -name '*.[ch]' -not -path '*/upstream/*' -exec clang-format -i {} +

clean: ## remove what was built (databases and npm packages stay)
	rm -rf build build-asan build-tsan build-fuzz build-python

install: build ## install under PREFIX (/usr/local), below DESTDIR when given
	@meson configure build -Dprefix="$(PREFIX)"
	@DESTDIR="$(DESTDIR)" meson install -C build
