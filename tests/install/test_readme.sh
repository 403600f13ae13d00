#!/bin/bash
# The C programs of README: at most 40 lines each, built as they stand without a warning, run, and they learn.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# An indented block that begins with an #include is a program.
awk '/^    #include/ && !inside { inside = 1; n++ }
     inside && /^[^ ]/ { inside = 0 }
     inside { print substr($0, 5) > ("program" n ".c") }' "$CAJAL_SOURCE/README.md"

failures=0
fail() {
    echo "FAILED $*"
    failures=$((failures + 1))
}

[ -f program1.c ] && [ -f program2.c ] || fail "README has no two programs"
libraries=("$CAJAL_BUILD/libcajal-io.a" "$CAJAL_BUILD/libcajal.a" -ljansson -lpng -ljpeg -lz)

for program in program1 program2; do
    # The blank line that ends a block counts as none.
    lines=$(sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' $program.c | wc -l)
    [ "$lines" -le 40 ] || fail "$program has $lines lines"
    if ! "${CAJAL_CC:-cc}" -std=c17 -O1 -Wall -Wextra -Wpedantic -Werror \
        -I "$CAJAL_SOURCE/include" $program.c "${libraries[@]}" -lm -lpthread -ldl -o $program; then
        fail "$program does not build"
    elif ! ./$program >$program.out; then
        fail "$program does not run"
    fi
done

awk '/^epoch 50/ { found = 1; if ($6 < 0.98) exit 1 } END { exit !found }' program1.out ||
    fail "program1 does not learn: $(tail -1 program1.out)"
awk '/^step 2000/ { found = 1; if ($4 > 0.02) exit 1 } END { exit !found }' program2.out ||
    fail "program2 does not learn: $(tail -1 program2.out)"
[ -s sine.safetensors ] || fail "program2 saved no weights"
[ $failures = 0 ] && echo "the programs of README work"
exit $((failures > 0))
