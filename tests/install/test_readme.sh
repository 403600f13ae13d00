#!/bin/bash
# README holds: its C programs have at most 40 lines each, are built as they stand without a warning, run, and
# learn; its commands run on a small table and small pictures; the tests, files and headers that it names exist.
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
sanitize=${CAJAL_SANITIZE:+-fsanitize=$CAJAL_SANITIZE}
libraries=("$CAJAL_BUILD/libcajal-io.a" "$CAJAL_BUILD/libcajal.a" -ljansson -lpng -ljpeg -lz)

for program in program1 program2; do
    # The blank line that ends a block counts as none.
    lines=$(sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' $program.c | wc -l)
    [ "$lines" -le 40 ] || fail "$program has $lines lines"
    # shellcheck disable=SC2086 # one option or none; the emulator or nothing
    if ! "${CAJAL_CC:-cc}" $sanitize -std=c17 -O1 -Wall -Wextra -Wpedantic -Werror \
        -I "$CAJAL_SOURCE/include" $program.c "${libraries[@]}" -lm -lpthread -ldl -o $program; then
        fail "$program does not build"
    elif ! ${CAJAL_EMULATOR:-} ./$program >$program.out; then
        fail "$program does not run"
    fi
done

awk '/^epoch 50/ { found = 1; if ($6 < 0.98) exit 1 } END { exit !found }' program1.out ||
    fail "program1 does not learn: $(tail -1 program1.out)"
awk '/^step 2000/ { found = 1; if ($4 > 0.02) exit 1 } END { exit !found }' program2.out ||
    fail "program2 does not learn: $(tail -1 program2.out)"
[ -s sine.safetensors ] || fail "program2 saved no weights"

# ---- the commands under "Train on your own data" ----

given=${CAJAL_DATA:-}
export CAJAL_DATA=$CAJAL_SOURCE/data
mkdir build
head -c 6000 "$CAJAL_SOURCE/docs/design.md" >book.txt
ln -s "$CAJAL" build/cajal
sed '1s/target/price/' "$CAJAL_SOURCE/data/tabular/diabetes.csv" >table.csv
tail -n +2 "$CAJAL_SOURCE/data/tabular/digits.csv" | head -n 200 | awk -F, '{ # each pixel three by three
    folder = "pictures/" $65; if (!(folder in made)) { system("mkdir -p " folder); made[folder] = 1 }
    file = folder "/" NR ".pgm"
    print "P2\n24 24\n16" >file
    for (y = 0; y < 24; y++) for (x = 0; x < 24; x++) print int($(int(y / 3) * 8 + int(x / 3) + 1)) >file
    close(file) }'
cp pictures/3/4.pgm digit.png
commands=0
while read -r line; do
    commands=$((commands + 1))
    # Where an epoch of 60,000 digits takes minutes, a few do.
    [ -z "${CAJAL_EMULATED:-}${CAJAL_SANITIZE:-}" ] || line=${line/--data mnist/--data pictures}
    line=${line/--epochs 2/--epochs 1}
    line=${line/--net lstm/--net lstm --epochs 1}
    if [ "$line" != "${line/--data cora/}" ]; then
        [ -e "$given/graphs/cora.npz" ] || {
            echo "not tested: $line; graphs/cora.npz is not at hand"
            continue
        }
        line="CAJAL_DATA='$given' ${line/--net gcn/--net gcn --epochs 2}"
    fi
    bash -c "$line" >out 2>err || fail "$line: $(cat err)"
done < <(grep -E '^    build/cajal (train|generate|predict|show|help)' "$CAJAL_SOURCE/README.md")
[ $commands -ge 6 ] || fail "README has only $commands commands"

# ---- what it names ----

named=0
while read -r test; do
    named=$((named + 1))
    [ -e "$CAJAL_SOURCE/tests/$test" ] || fail "there is no tests/$test"
done < <(sed -n '/^## What is there/,/^## What it stands on/p' "$CAJAL_SOURCE/README.md" |
    grep '^|' | grep -oE '`[a-z]+/(test_[a-z0-9_]+\.(c|cc|sh))?`' | tr -d '`')
[ $named -ge 30 ] || fail "README names only $named tests"
while read -r path; do
    [ -e "$CAJAL_SOURCE/$path" ] || fail "there is no $path"
done < <(sed '/^## What is there/,/^## What it stands on/d' "$CAJAL_SOURCE/README.md" |
    grep -oE '\b((docs|include|data|src)/[a-z_]+[a-z_/.]*|CONTRIBUTING.md|LICENSE)\b' | sort -u)

[ $failures = 0 ] && echo "README: its programs and $commands commands run, its $named tests are there"
exit $((failures > 0))
