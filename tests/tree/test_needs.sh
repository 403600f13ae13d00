#!/bin/bash
# Every function and net that docs/ops.md and docs/needs-*.md name is there: declared in a public header, or known to the command.
set -u
cd "$CAJAL_SOURCE" || exit 1
failures=0

declared=$(grep -hoE '\bcj_[a-z0-9_]+' include/cajal/*.h | sed 's/_at$//' | sort -u)
named=$(grep -hoE '\bcj_[a-z0-9_]+' docs/ops.md docs/needs-*.md | sort -u)
[ "$(wc -l <<<"$named")" -gt 100 ] || { echo "FAILED the pages of needs name hardly anything"; exit 1; }
while read -r name; do
    echo "FAILED docs: $name is declared in no public header"
    failures=$((failures + 1))
done < <(comm -13 <(echo "$declared") <(echo "$named"))

# A row has four cells: need, definition, what serves it, systems; none of them empty.
while read -r line; do
    echo "FAILED docs: $line"
    failures=$((failures + 1))
done < <(awk -F' \\| ' '/^\| need \|/ { inside = 1; next } !/^\|/ { inside = 0 }
    inside && !/^\| ---/ { rows++
        if (NF != 4 || $3 == "" || $4 == "") printf "%s:%d: a row is need, definition, served by, systems\n", FILENAME, FNR }
    END { if (rows < 900) print "only " rows " needs" }' docs/ops.md docs/needs-*.md)

for page in docs/ops.md docs/needs-*.md; do
    [ "$(wc -l <"$page")" -le 800 ] || { echo "FAILED $page has more than 800 lines"; failures=$((failures + 1)); }
done

[ $failures -eq 0 ] && echo "needs: $(wc -l <<<"$named") names, all declared"
exit $((failures > 0))
