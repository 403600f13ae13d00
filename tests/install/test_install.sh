#!/bin/bash
# What `make install` leaves is enough to build on: headers, both kinds of both libraries, pkg-config
# files and the CMake package, for C17 and C++17, gcc and clang. Also what the libraries export and need.
set -u

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
here=$CAJAL_SOURCE/tests/install
log=$folder/log
failures=0

fail() {
    echo "FAILED $*"
    failures=$((failures + 1))
}

# run NAME COMMAND...: the command's output is shown only when it fails.
run() {
    local name=$1
    shift
    "$@" >"$log" 2>&1 || {
        fail "$name: $*"
        tail -n 30 "$log"
    }
}

# trains NAME PROGRAM - the program ran well and printed the version.
trains() {
    local said
    said=$("$2" 2>&1) || fail "$1: exit status $?"
    [ "$said" = "$version" ] || fail "$1 printed '$said', not '$version'"
}

run install env DESTDIR="$folder" cmake --install "$CAJAL_BUILD" --prefix /opt/cajal
[ $failures -eq 0 ] || exit 1
root=$folder/opt/cajal
libraries=$(dirname "$(find "$root" -name libcajal.so)")
version=$(sed -n 's/^#define CJ_VERSION_[MP][A-Z]* //p' "$root/include/cajal/base.h" | paste -sd.)
export PKG_CONFIG_PATH=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries

# ---- what the libraries export and need ----

for library in cajal cajal-io; do
    foreign=$(nm -D --defined-only "$libraries/lib$library.so" | awk '{print $3}' | grep -v '^cj_')
    [ -z "$foreign" ] || fail "lib$library.so exports names without cj_:" $foreign
    foreign=$(nm -g --defined-only "$libraries/lib$library.a" | awk 'NF == 3 {print $3}' | grep -v '^cj_')
    [ -z "$foreign" ] || fail "lib$library.a has global names without cj_:" $foreign
    # One lock is the process's, as the LAPACK behind it is: see src/cpu/lapack.c.
    state=$(nm -f sysv --defined-only "$libraries/lib$library.a" | tr -d ' ' |
        awk -F'|' '$1 != "one_at_a_time" && $7 ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && $7 !~ /^\.data\.rel\.ro/ {print $1}')
    [ -z "$state" ] || fail "lib$library.a has global state that can change:" $state
done
needed=$(readelf -d "$libraries/libcajal.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -vxE 'libc\.so\.6|libm\.so\.6')
[ -z "$needed" ] || fail "libcajal.so needs more than libc and libm:" $needed
readelf -d "$libraries/libcajal.so" | grep -q "SONAME.*libcajal.so.${version%%.*}\]" ||
    fail "libcajal.so has no soname with its major version"

built_here=$(grep -rlF -e "$CAJAL_SOURCE" -e "$CAJAL_BUILD" "$root")
[ -z "$built_here" ] || fail "installed files name the folder where they were built:" $built_here

# ---- with pkg-config, each compiler and each header by itself ----

[ "$(pkg-config --modversion cajal)" = "$version" ] || fail "cajal.pc has another version than base.h"
strict="-Wall -Wextra -Wpedantic -Werror"
for compilers in gcc:g++ clang:clang++; do
    c=${compilers%:*}
    cc=${compilers#*:}
    if ! command -v "$c" >/dev/null || ! command -v "$cc" >/dev/null; then
        echo "not tested: $c and $cc are not both installed"
        [ -z "${CI:-}" ] || fail "CI needs gcc, g++ and clang"
        continue
    fi
    for study in $("$root/bin/cajal" study list | awk '{ print $2 }'); do
        "$root/bin/cajal" study source "$study" >"$folder/study.c"
        run "$c study $study" $c -std=c17 $strict -o "$folder/study" "$folder/study.c" $(pkg-config --cflags --libs cajal-io)
    done
    run "$c study alone" "$folder/study" --smoke --only 1 --out "$folder/study-run"
    for module in cajal cajal-io; do
        flags=$(pkg-config --cflags --libs $module)
        static="-static $(pkg-config --static --cflags --libs $module)"
        run "$c $module" $c -std=c17 $strict -o "$folder/program" "$here/program.c" $flags
        trains "$c $module" "$folder/program"
        run "$c static $module" $c -std=c17 $strict -o "$folder/program" "$here/program.c" $static
        trains "$c static $module" "$folder/program"
        run "$cc $module" $cc -std=c++17 $strict -o "$folder/program" "$here/program.cc" $flags
        trains "$cc $module" "$folder/program"
        run "$cc static $module" $cc -std=c++17 $strict -o "$folder/program" "$here/program.cc" $static
        trains "$cc static $module" "$folder/program"
    done
    for header in "$root"/include/cajal/*.h; do
        echo "#include <cajal/$(basename "$header")>" >"$folder/one.h"
        run "$c $(basename "$header")" $c -std=c17 $strict -I"$root/include" -fsyntax-only -xc "$folder/one.h"
        run "$cc $(basename "$header")" $cc -std=c++17 $strict -I"$root/include" -fsyntax-only -xc++ "$folder/one.h"
    done

    # ---- with CMake ----
    run "cmake with $c" env CC=$c CXX=$cc cmake -S "$here" -B "$folder/$c" -DCMAKE_PREFIX_PATH="$root"
    run "build with $c" cmake --build "$folder/$c"
    for library in cajal cajal-static io io-static; do
        trains "$c CMake $library" "$folder/$c/c-$library"
        trains "$cc CMake $library" "$folder/$c/cc-$library"
    done
done

# ---- the command, where it was built ----

[ -x "$root/bin/cajal" ] || fail "the command was not installed"

[ $failures -eq 0 ] && echo "install: all built and ran"
exit $((failures > 0))
