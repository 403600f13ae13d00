#!/bin/bash
# slow: as test_faults.sh, on a run of pictures that stops early and checkpoints in the middle; killed before and after each call.
. "$(dirname "$0")/common.sh"
: "${CAJAL_FAULT:?the module to preload}"
. "$CAJAL_SOURCE/tests/cli/faults.sh"

begin_faults --data "$tables/wine.csv" --net mlp:16 --val 0.2 --batch 64 --seed 5 -q
kill_everywhere killafter 7
fail_everywhere any
begin_faults --data "$tables/iris.csv" --net mlp:8 --epochs 4 --schedule step:step_size=2 --clip 1 -q
kill_everywhere kill
kill_everywhere killafter
kill_at_random 50
finish
