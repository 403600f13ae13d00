#!/bin/bash
# docs/guide.md and docs/adding.md hold: against an installed copy its code is compiled without a warning, its commands are run in
# their order and print what it says, what it quotes is in the source, and what it names exists. The kinds of
# its blocks: "c NAME" a file, "c" functions, "c body" statements, "c of PATH" a quotation, "python NAME" a file,
# "sh" commands, "text" what they printed, to 5 %; "sh torch" and "text torch" where python3 has torch.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
guide=("$CAJAL_SOURCE/docs/guide.md" "$CAJAL_SOURCE/docs/adding.md")
failures=0
fail() {
    echo "FAILED $*"
    failures=$((failures + 1))
}

# ---- an installed copy, and a folder to work in ----

DESTDIR="$work" cmake --install "$CAJAL_BUILD" --prefix /opt/cajal >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
root=$work/opt/cajal
libraries=$(dirname "$(find "$root" -name libcajal.so)")
export PKG_CONFIG_PATH=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries PATH=$root/bin:$PATH
mkdir "$work/here" "$work/bin"
# The guide's `cc` is the compiler of the build, and allows no warning.
printf '#!/bin/sh\nexec "%s" %s -std=c17 -O1 -Wall -Wextra -Wpedantic -Werror "$@"\n' "${CAJAL_CC:-cc}" \
    "${CAJAL_SANITIZE:+-fsanitize=$CAJAL_SANITIZE}" >"$work/bin/cc"
chmod +x "$work/bin/cc"
PATH=$work/bin:$PATH
export CAJAL_DATA=$CAJAL_SOURCE/data
cd "$work/here" || exit 1
cp "$CAJAL_SOURCE/data/tabular/digits.csv" .

# The shortest programs leave what they hold to the end of the process.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}${ASAN_OPTIONS:+:}detect_leaks=0

# ---- the blocks, a file each: NNN.KIND with the rest of the line after ``` in NNN.of ----

awk -v folder="$work" '
    !inside && match($0, /^ *```[a-z]/) {
        indent = RLENGTH - 4; line = substr($0, RLENGTH); kind = line; sub(/ .*/, "", kind)
        rest = substr(line, length(kind) + 2); name = sprintf("%s/%03d", folder, ++n)
        print kind " " rest > (name ".of"); printf "" > (name ".block"); inside = 1; next
    }
    inside && /^ *```$/ { inside = 0; close(name ".block"); close(name ".of"); next }
    inside { print substr($0, indent + 1) > (name ".block") }' "${guide[@]}"

torch=yes
python3 -c "import torch, safetensors" 2>/dev/null || {
    torch=
    echo "not tested: weights from and to torch; python3 has no torch and safetensors"
}

# The names that fragments may use.
before='#include <cajal/cajal.h>
#include <cajal/data.h>
#include <cajal/data_graph.h>
#include <cajal/data_text.h>
#include <cajal/model.h>
#include <stdio.h>'

# same EXPECTED GOT: equal words, numbers to 5 % or 0.02; prints the first line that differs.
same() {
    awk -v got="$2" '
        function number(w) { return w ~ /^[-+]?[0-9.]+(e[-+]?[0-9]+)?[,;:%]?$/ }
        function near(a, b, d) { a += 0; b += 0; d = a > b ? a - b : b - a
                                 return d <= 0.02 || d <= 0.05 * (a > 0 ? a : -a) }
        { if ((getline other < got) <= 0) { print "missing: " $0; exit 1 }
          count = split(other, w)
          for (i = 1; i <= NF || i <= count; i++)
              if ($i != w[i] && !(number($i) && number(w[i]) && near($i, w[i]))) {
                  print "the guide: " $0 "\nprinted:   " other; exit 1 } }
        END { if ((getline other < got) > 0) { print "printed besides: " other; exit 1 } }' "$1"
}

# Words of a text without blanks and ends of macro lines, to look a quotation up.
squeeze() {
    tr -d ' \t\n\\' <"$1"
}

programs=0
for of in "$work"/[0-9]*.of; do
    block=${of%.of}.block
    read -r kind rest <"$of"
    case "$kind $rest" in
    "c body")
        { echo "$before"
          echo 'void block(cj_context *c, cj_scope *s, cj_tensor *x, cj_model *model, float *data, int32_t *labels,'
          echo '           cj_status status);'
          echo 'cj_tensor *build(void *net, cj_scope *s, cj_tensor *x);'
          echo 'void block(cj_context *c, cj_scope *s, cj_tensor *x, cj_model *model, float *data, int32_t *labels,'
          echo '           cj_status status) {'
          cat "$block"
          echo '}'
        } >"$work/fragment.c"
        cc -Wno-unused -Wno-unused-parameter -I"$root/include" -c "$work/fragment.c" -o "$work/fragment.o" || fail "a block of statements: $(head -1 "$block")"
        ;;
    "c of "*)
        path=$CAJAL_SOURCE/${rest#of }
        [[ $(squeeze "$path") == *"$(squeeze "$block")"* ]] || fail "${rest#of } does not hold: $(head -1 "$block")"
        ;;
    "c ")
        { echo "$before"; cat "$block"; } >"$work/fragment.c"
        cc -Wno-unused-function -I"$root/include" -c "$work/fragment.c" -o "$work/fragment.o" || fail "a block of functions: $(head -1 "$block")"
        ;;
    "c "* | "python "*)
        cp "$block" "$rest"
        programs=$((programs + 1))
        ;;
    "sh "* | "text "*) ;;
    *) fail "a block of no known kind: $kind $rest" ;;
    esac
done

# ---- the commands ----

for of in "$work"/[0-9]*.of; do
    block=${of%.of}.block
    read -r kind rest <"$of"
    [ "$rest" = torch ] && [ -z "$torch" ] && continue
    case $kind in
    sh)
        bash -e "$block" >"$work/printed" 2>"$work/errors" || {
            fail "these commands: $(cat "$block")"
            cat "$work/printed" "$work/errors"
        }
        ;;
    text)
        said=$(same "$block" "$work/printed") || fail "another output than the guide's
$said"
        ;;
    esac
done
[ "$(grep -c . predict.c)" -le 15 ] || fail "the program that predicts has more than 15 lines"
[ "$programs" -ge 12 ] || fail "only $programs programs were found in the guide"

# ---- what it names, and the other pages; a word in capitals is a blank to be filled ----

while IFS=: read -r page path; do
    [ -e "$CAJAL_SOURCE/$path" ] || fail "$page names $path, which is not there"
done < <(cd "$CAJAL_SOURCE" && grep -oHE '`(src|include|tests|cli|docs|data|bench|cmake)/[A-Za-z0-9_./]+`' docs/*.md CONTRIBUTING.md |
    tr -d '`' | grep -vE ':.*(NAME|SUBJECT|ROOM)' | sort -u)
names=0
while read -r name; do
    names=$((names + 1))
    grep -rqwE "$name(_at)?" "$CAJAL_SOURCE/include" "$CAJAL_SOURCE/src" || fail "there is no $name"
done < <(grep -ohE '\b(cj|CJ)_[A-Za-z0-9_]+' "${guide[@]}" | sort -u)
[ "$names" -ge 100 ] || fail "only $names names were found in the guide"

[ $failures -eq 0 ] && echo "guide: $programs programs, $names names hold"
exit $((failures > 0))
