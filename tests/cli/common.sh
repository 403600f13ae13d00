# tests/cli/common.sh - what the tests of the command share. CAJAL is the command, CAJAL_SOURCE the source tree.
set -u
: "${CAJAL:?the command}" "${CAJAL_SOURCE:?the source tree}"
tables=$CAJAL_SOURCE/data/tabular
# In memory where there is such a folder: a run calls fsync a few times an epoch, and on a disk the tests take minutes.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

complain() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# run STATUS ARGUMENT... - runs the command, its output in out and err; complains about another exit status.
run() {
    local want=$1 got
    shift
    "$CAJAL" "$@" >out 2>err </dev/null
    got=$?
    [ "$got" = "$want" ] || complain "cajal $*: exit status $got, not $want: $(tail -n 3 err)"
}

# says FILE TEXT - complains where the file does not hold the text.
says() {
    grep -qF -- "$2" "$1" || complain "$1 does not say '$2': $(head -n 5 "$1")"
}

silent() {
    [ ! -s "$1" ] || complain "$1 is not empty: $(head -n 3 "$1")"
}

# field FILE KEY - the value of the last such key in JSON lines.
field() {
    sed -n "s/.*\"$2\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$1" | tail -n 1
}

# above VALUE BOUND - a comparison of decimal numbers.
above() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }' || complain "${3:-value}: $1 is not above $2"
}

same() {
    cmp "$1" "$2" || complain "$1 and $2 differ"
}

finish() {
    [ "$failures" = 0 ] || exit 1
}
