#!/bin/bash
# Builds the fuzz targets with clang in $BUILD and runs each for $SECONDS_EACH seconds, from the seeds in
# tests/fuzz/seeds/TARGET where there are some. What it finds stays in $BUILD/corpus; an input that
# crashes is kept in $BUILD/crashes and makes the run fail.
set -eu

generator=
[ -f "$BUILD/CMakeCache.txt" ] || ! command -v ninja >/dev/null || generator="-G Ninja"
# shellcheck disable=SC2086 # two words or none
cmake $generator -S . -B "$BUILD" --log-level=NOTICE -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
    -DCAJAL_FUZZ=ON -DCAJAL_TESTS=OFF -DCAJAL_BENCH=OFF -DCAJAL_SANITIZE=address,undefined
cmake --build "$BUILD" -j"$JOBS" --target fuzz-targets

mkdir -p "$BUILD/crashes"
failed=
for program in "$BUILD"/fuzz/*; do
    target=$(basename "$program")
    folders=$BUILD/corpus/$target
    mkdir -p "$folders"
    [ -d "tests/fuzz/seeds/$target" ] && folders="$folders tests/fuzz/seeds/$target"
    echo "== $target, $SECONDS_EACH s"
    # shellcheck disable=SC2086 # a list of folders
    "$program" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$BUILD/crashes/$target-" $folders ||
        failed="$failed $target"
done
if [ -n "$failed" ]; then
    echo "fuzz: failed:$failed; the inputs are in $BUILD/crashes" >&2
    exit 1
fi
