#!/bin/bash
# slow: as test_faults.sh, on longer runs: killed before and after each call and at 50 moments, each call failed; one that stops early.
. "$(dirname "$0")/common.sh"
: "${CAJAL_FAULT:?the module to preload}"
. "$CAJAL_SOURCE/tests/cli/faults.sh"

begin_faults --data "$tables/iris.csv" --net mlp:8 --epochs 4 --schedule step:step_size=2 --clip 1 -q
kill_everywhere kill
kill_everywhere killafter
kill_at_random 50
fail_everywhere any

# It stops by its validation loss after a few hundred epochs: a call of every 97 is killed.
begin_faults --data "$tables/wine.csv" --net mlp:16 --val 0.2 --batch 64 --seed 5 -q
kill_everywhere kill 97
finish
