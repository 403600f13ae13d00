#!/bin/bash
# Killed, or failed, at every write, fsync, rename and open of a run: nothing half-written, and the resumed run ends in the same bits.
. "$(dirname "$0")/common.sh"
: "${CAJAL_FAULT:?the module to preload}"
. "$CAJAL_SOURCE/tests/cli/faults.sh"

begin_faults --data "$tables/iris.csv" --net mlp:8 --epochs 2 --seed 3 --threads 2 -q
kill_everywhere kill
kill_at_random 12
fail_everywhere write stdio fsync rename open
short_writes

# A full disk and a folder that may not be written to, in words.
strike write:3:always
says err 'No space left on device'
FAULT_ERRNO=EROFS strike open:1:always
says err 'Read-only file system'
finish
