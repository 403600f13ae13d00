# The front door: everything is built by CMake in $(BUILD).
#
#   make                   the libraries and the command, build/cajal (never installs packages)
#   make demo              trains a convolutional net on MNIST, into runs/demo
#   make test              builds and runs every test; `make test-fast` leaves out the slow ones
#   make deps              installs what building and testing need, after showing the line
#   make install           into $(DESTDIR)$(PREFIX)
#   make bench             speed beside the machine's peak and beside peers
#   make studies           every study's quick run, into runs/studies; figures into studies/results.json
#   make studies-full     every study's full run (a quarter of an hour each)
#   make bench-ops         one op at a time beside PyTorch, forward and backward
#   make docs              docs/ops.md's table, from the op table
#   make fuzz              every fuzz target for $(FUZZ_SECONDS) seconds (needs clang)
#   make test-exhaustive   the math functions over every f32 input (a quarter of an hour)
#   make clean             removes $(BUILD) and the fuzz build
#
# CMAKE_ARGS is handed to CMake: make CMAKE_ARGS=-DCMAKE_BUILD_TYPE=Debug BUILD=build-debug

BUILD ?= build
BUILD_FUZZ ?= build-fuzz
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
CTEST = ctest --test-dir $(BUILD) -j$(JOBS) --output-on-failure --no-tests=error
CACHE = $(BUILD)/CMakeCache.txt
# A fresh build folder gets the product alone; tests and benches join when they are asked for.
CONFIGURE = generator= parts="-DCAJAL_TESTS=OFF -DCAJAL_BENCH=OFF"; [ ! -f $(CACHE) ] || parts=; \
	 [ -f $(CACHE) ] || ! command -v ninja >/dev/null || generator="-G Ninja"; \
	cmake $$generator -S . -B $(BUILD) --log-level=NOTICE $$parts $(CMAKE_ARGS)
COMPILE = MAKEFLAGS=--no-print-directory cmake --build $(BUILD) -j$(JOBS)

# CMake starts builders of its own; they get -j, not this make's flags.
unexport MAKEFLAGS

.PHONY: all deps demo studies studies-full test test-fast test-exhaustive test-build bench bench-ops docs fuzz install clean

all:
	@command -v cmake >/dev/null || { echo "make: cmake is missing: \`make deps\` installs what the build needs" >&2; exit 1; }
	@$(CONFIGURE)
	@$(COMPILE)

deps:
	@sh cmake/deps.sh install

demo:
	@sh cmake/deps.sh need build
	@$(MAKE) --no-print-directory all
	$(BUILD)/cajal train --data mnist --net lenet --epochs 3 --out runs/demo --force

test-build:
	@sh cmake/deps.sh need test
	@$(CONFIGURE) -DCAJAL_TESTS=ON
	@$(COMPILE)

test: test-build
	$(CTEST)

test-fast: test-build
	$(CTEST) -L fast

test-exhaustive: test-build
	CAJAL_EXHAUSTIVE=1 $(CTEST) -L exhaustive

studies: all
	python3 studies/record.py $(BUILD)/cajal quick

studies-full: all
	python3 studies/record.py $(BUILD)/cajal full

bench:
	@sh cmake/deps.sh need build
	@$(CONFIGURE) -DCAJAL_BENCH=ON
	@$(COMPILE)
	$(BUILD)/bench/bench --write docs/performance.md

bench-ops:
	@sh cmake/deps.sh need build
	@$(CONFIGURE) -DCAJAL_BENCH=ON
	@$(COMPILE)
	python3 bench/ops_torch.py $(BUILD)/bench/bench_ops 2

docs: test-build
	$(BUILD)/tests/graph/test_ops_table --write docs/ops.md

fuzz:
	@BUILD=$(BUILD_FUZZ) SECONDS_EACH=$(FUZZ_SECONDS) JOBS=$(JOBS) bash tests/fuzz/run.sh

install: all
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ! command -v ldconfig >/dev/null || ldconfig

clean:
	rm -rf $(BUILD) $(BUILD_FUZZ)
