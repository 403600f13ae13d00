#!/bin/bash
# The rules of the tree that a reader relies on: which room may include which, and the size of a file.
set -u
cd "$CAJAL_SOURCE" || exit 1
failures=0

fail() {
    echo "FAILED $*"
    failures=$((failures + 1))
}

# The path of the data, one direction: a room sees itself, src/base and what it borders on.
# src/base sees the list of instruction sets, since a context chooses one.
may_include() {
    case $1 in
    base) echo "base" ;;
    graph) echo "base graph" ;;
    transform) echo "base graph transform" ;;
    compile) echo "base graph compile" ;;
    cpu) echo "base compile cpu isa" ;;
    numeric) echo "base" ;;
    nn) echo "base graph nn" ;;
    optim) echo "base graph nn optim" ;;
    solve) echo "base graph nn solve" ;;
    data | io | plot) echo "base data io plot" ;;
    study) echo "base data io plot study" ;;
    *) echo "unknown" ;;
    esac
}

checked=0
for folder in src/*/; do
    room=$(basename "$folder")
    allowed=" $(may_include "$room") cajal "
    [ "$allowed" != " unknown cajal " ] || fail "src/$room: say in tests/tree/test_tree.sh what it may include"
    while IFS=: read -r file line header; do
        checked=$((checked + 1))
        seen=${header%%/*}
        [ "$room:$header" = base:cpu/isa.h ] && continue
        case $allowed in
        *" $seen "*) ;;
        *) fail "$file:$line: src/$room may not include \"$header\"" ;;
        esac
    done < <(grep -rnE '^# *include +"[a-z_]+/' "$folder" --include='*.[ch]' |
        sed -E 's/^([^:]*:[0-9]+):.*"([^"]*)".*/\1:\2/')
done
[ $checked -gt 0 ] || fail "no include was found to check"

while read -r lines file; do
    [ "$file" = total ] || [ "$lines" -le 800 ] || fail "$file has $lines lines: a file has one subject and at most 800"
done < <(find src include cli tests bench studies cmake -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' -o -name '*.cmake' \
    -o -name '*.py' 2>/dev/null | xargs wc -l)

while read -r place; do
    fail "$place"
done < <(grep -rnE '\b(TODO|FIXME|XXX)\b' src include cli bench cmake Makefile)

[ $failures -eq 0 ] && echo "tree: $checked includes follow the path of the data"
exit $((failures > 0))
