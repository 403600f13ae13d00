#!/bin/bash
# The fault module does what its head says, shown on tests/fault/victim.c.
set -u

victim=$CAJAL_BUILD/tests/fault/victim
preload=LD_PRELOAD=$CAJAL_FAULT
[ -z "${CAJAL_EMULATED:-}" ] || preload=QEMU_SET_ENV=$preload # into the program, not into the emulator
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

# check NAME WANT GOT
check() {
    if [ "$2" != "$3" ]; then
        echo "FAILED $1: expected '$2', got '$3'"
        failures=$((failures + 1))
    fi
}

# strike FAULT: runs the victim under it; sets status, said, size (of the saved file; none: no file).
strike() {
    rm -f "$folder"/*
    # shellcheck disable=SC2086 # the emulator and its options, or nothing
    said=$(env FAULT="$1" FAULT_REPORT="$folder/report" "$preload" ${CAJAL_EMULATOR:-} "$victim" "$folder/file" 2>&1)
    status=$?
    size=$(stat -c %s "$folder/file" 2>/dev/null || echo none)
}

reported() { sed -n "s/^$1 //p" "$folder/report"; }

# expect FAULT STATUS WORDS SIZE STRUCK
expect() {
    strike "$1"
    check "$1 status" "$2" "$status"
    check "$1 words" "$3" "$said"
    check "$1 size" "$4" "$size"
    check "$1 struck" "$5" "$(reported struck)"
}

expect "" 0 "" 1000 0
check "count of write" 1 "$(reported write)"
check "count of fsync" 1 "$(reported fsync)"
check "count of rename" 1 "$(reported rename)"
check "count of open" 2 "$(reported open)"
check "count of stdio" 2 "$(reported stdio)"
check "count of any" 7 "$(reported any)"

expect write:1 1 "write: ENOSPC" none 1
expect write:2 0 "" 1000 0
expect write:1:always 1 "write: ENOSPC" none 1
expect write:1:short 0 "" 1000 1
check "writes after a short one" 2 "$(reported write)"
expect fsync:1 1 "fsync: EIO" none 1
expect rename:1 1 "rename: EIO" none 1
expect open:1 1 "open: EACCES" none 1
expect open:2 1 "fopen: EACCES" 1000 1
expect stdio:1 1 "fwrite: ENOSPC" 1000 1
expect stdio:2 1 "fclose: ENOSPC" 1000 1
expect any:4 1 "rename: EIO" none 1
expect any:2:always 1 "write: ENOSPC" none 1
expect rename:1:kill 137 "" none 1
expect rename:1:killafter 137 "" 1000 1
expect any:2:kill 137 "" none 1
check "a kill before the write leaves the file empty" 0 "$(stat -c %s "$folder/file.new")"
expect write:1:killafter 137 "" none 1
check "a kill after the write leaves it whole" 1000 "$(stat -c %s "$folder/file.new")"

# Where a sanitizer has its own allocator, malloc does not pass through the module.
if [ -z "${CAJAL_SANITIZE:-}" ]; then
    strike malloc:1
    check "malloc:1 status" 1 "$status"
    check "malloc:1 words" "malloc: ENOMEM" "$said"
fi

export FAULT_ERRNO=EROFS
expect open:1 1 "open: EROFS" none 1
unset FAULT_ERRNO
for wrong in write write:0 write:x paint:1 write:1:maybe fsync:1:short; do
    strike "$wrong"
    check "$wrong is refused" 99 "$status"
done

[ $failures -eq 0 ] && echo "fault: all as documented"
exit $((failures > 0))
