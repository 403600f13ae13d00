#!/bin/sh
# What building and testing need from the system.
#
#   deps.sh install     installs it: shows the line, asks when there is a terminal
#   deps.sh need build  installs only when something that `make` needs is missing
#   deps.sh need test   the same for `make test`
#
# Without a terminal, or with CI set, nothing is asked.
set -eu

debian="gcc g++ libc6-dev cmake ninja-build pkg-config zlib1g-dev libpng-dev libjpeg-dev libjansson-dev libcmocka-dev libdnnl-dev libcairo2 libopenblas0-pthread libsndfile1 libsamplerate0 libcurl4"

# Prints what is missing, a word each; nothing when all is there.
missing() {
    for command in cmake cc pkg-config; do
        command -v "$command" >/dev/null || echo "$command"
    done
    if command -v cc >/dev/null; then
        printf '#include <stdio.h>\nint main(void) { return 0; }\n' |
            cc -xc -o /dev/null - 2>/dev/null || echo "libc-headers"
    fi
    # Pictures are drawn by cairo, loaded when it is there; no header is needed.
    ls /usr/lib*/libcairo.so.2 /usr/lib/*/libcairo.so.2 /usr/local/lib/libcairo.so.2 2>/dev/null | grep -q . ||
        echo "libcairo"
    modules="zlib libpng libjpeg jansson"
    if [ "$1" = test ]; then
        command -v c++ >/dev/null || echo "c++"
        # Linear algebra is LAPACK's, loaded when it is there.
        ls /usr/lib*/libopenblas.so.0 /usr/lib/*/libopenblas.so.0 /usr/lib/*/liblapack.so.3 2>/dev/null | grep -q . ||
            echo "libopenblas"
        modules="$modules cmocka"
    fi
    if command -v pkg-config >/dev/null; then
        for module in $modules; do
            pkg-config --exists "$module" || echo "$module"
        done
    fi
}

name_packages() {
    cat >&2 <<END
There is no apt here. Cajal needs a C17 compiler, CMake 3.25 or newer, pkg-config, and with their headers:
zlib, libpng, libjpeg-turbo, jansson; cairo, for pictures, libsndfile and libsamplerate, for sounds, libcurl, for `cajal data get`, OpenBLAS, for linear algebra; for the tests a C++17 compiler and cmocka.
  Fedora  dnf install gcc gcc-c++ cmake ninja-build pkgconf zlib-devel libpng-devel libjpeg-turbo-devel jansson-devel libcmocka-devel cairo libsndfile libsamplerate libcurl openblas
  Arch    pacman -S gcc cmake ninja pkgconf zlib libpng libjpeg-turbo jansson cmocka cairo libsndfile libsamplerate curl openblas
  Alpine  apk add gcc g++ musl-dev cmake ninja pkgconf zlib-dev libpng-dev libjpeg-turbo-dev jansson-dev cmocka-dev cairo libsndfile libsamplerate libcurl openblas
END
}

install() {
    if ! command -v apt-get >/dev/null; then
        name_packages
        exit 1
    fi
    run=
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Run this as root, there is no sudo here:" >&2
            echo "  apt-get install -y --no-install-recommends $debian" >&2
            exit 1
        fi
        run="sudo "
    fi
    echo "${run}apt-get install -y --no-install-recommends $debian"
    if [ -t 0 ] && [ -t 1 ] && [ -z "${CI:-}" ]; then
        printf 'Run this? [Y/n] '
        read -r answer
        case "$answer" in
        "" | y | Y | yes) ;;
        *)
            echo "Nothing was installed." >&2
            exit 1
            ;;
        esac
    fi
    ${run}env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # shellcheck disable=SC2086 # a list of words
    ${run}env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $debian
}

case "${1:-}" in
install) install ;;
need)
    lacking=$(missing "$2")
    if [ -n "$lacking" ]; then
        echo "Missing: $(echo "$lacking" | tr '\n' ' ')"
        install
        lacking=$(missing "$2")
        if [ -n "$lacking" ]; then
            echo "Still missing after the installation: $(echo "$lacking" | tr '\n' ' ')" >&2
            exit 1
        fi
    fi
    ;;
*)
    echo "usage: deps.sh install | need build | need test" >&2
    exit 2
    ;;
esac
