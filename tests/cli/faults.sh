# tests/cli/faults.sh - runs of `cajal train` that are killed or failed at a chosen call (tests/fault/fault.c).

# The sanitizers' run-time wants to be the first library; the module before it does no harm.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}${ASAN_OPTIONS:+:}verify_asan_link_order=0
preload=LD_PRELOAD=$CAJAL_FAULT
every=1
if [ -n "${CAJAL_EMULATED:-}" ]; then
    preload=QEMU_SET_ENV=$preload # into the program, not into the emulator
    every=9                       # each 9th call: an emulated run takes a second
fi

# begin_faults OPTION... - the run that all others are compared with, in `whole`; its calls are counted in `counts`.
begin_faults() {
    fault_options=("$@")
    rm -rf whole
    env FAULT_REPORT=counts "$preload" "$CAJAL" train "${fault_options[@]}" --out whole >out 2>err ||
        complain "the undisturbed run fails: $(cat err)"
    [ "$(calls fsync)" -ge 6 ] || complain "only $(calls fsync) calls of fsync were counted"
}

# calls GROUP - how many calls of it the undisturbed run makes.
calls() {
    sed -n "s/^$1 //p" counts
}

# strike FAULT - the run with one fault, in `cut`; its exit status is `status`, the number of faults `struck`.
strike() {
    rm -rf cut report
    env FAULT="$1" FAULT_REPORT=report "$preload" "$CAJAL" train "${fault_options[@]}" --out cut >out 2>err
    status=$?
    struck=$(sed -n 's/^struck //p' report)
}

# resumed WHAT - goes on with `cut` and compares with `whole`.
resumed() {
    "$CAJAL" train --resume "${fault_options[@]}" --out cut >out 2>err || complain "$1: it does not resume: $(cat err)"
    cmp -s whole/model.safetensors cut/model.safetensors || complain "$1: the resumed model differs"
    [ "$(wc -l <cut/log.jsonl)" = "$(wc -l <whole/log.jsonl)" ] || complain "$1: the log has another length"
    [ "$(ls cut)" = "$(ls whole)" ] || complain "$1: other files: $(ls cut)"
}

# kill_everywhere kill|killafter [STEP] - at every call (or each STEP-th) that changes the disk.
kill_everywhere() {
    local n
    for ((n = 1; n <= $(calls any); n += every * ${2:-1})); do
        strike "any:$n:$1" 2>/dev/null
        [ "$struck" = 1 ] && [ "$status" = 137 ] || complain "$1 at call $n: exit status $status"
        resumed "$1 at call $n"
    done
}

# kill_at_random COUNT - by SIGKILL from outside, at moments of the time that the run takes.
kill_at_random() {
    local i pid began took
    began=$(date +%s%N)
    strike any:1000000
    took=$(($(date +%s%N) - began))
    RANDOM=4
    for ((i = 0; i < $1; i += every)); do
        rm -rf cut
        "$CAJAL" train "${fault_options[@]}" --out cut >/dev/null 2>&1 &
        pid=$!
        sleep "$(awk -v t="$took" -v r=$RANDOM 'BEGIN { printf "%.4f", t * r / 32768 / 1e9 }')"
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        resumed "killed at random, number $i"
    done
}

# No file of the folder is half-written: each is absent, or reads well.
whole_files() {
    local file
    for file in model checkpoint; do
        [ ! -e "cut/$file.safetensors" ] || "$CAJAL" show cut/model.safetensors >/dev/null 2>shown ||
            [ ! -e cut/model.safetensors ] || complain "$1: $(cat shown)"
    done
    ! ls cut 2>/dev/null | grep -q tmp || complain "$1: something half-written is left: $(ls cut)"
    ! ls cut/*.png >/dev/null 2>&1 || for file in cut/*.png; do
        tail -c 8 "$file" | head -c 4 | grep -q IEND || complain "$1: $file is half-written"
    done
}

# fail_everywhere GROUP... - each call of each group fails once: exit 1, one sentence; and the run can be resumed.
fail_everywhere() {
    local group n
    for group in "$@"; do
        for ((n = 1; n <= $(calls "$group"); n += every)); do
            strike "$group:$n"
            [ "$struck" = 1 ] || complain "$group $n did not fail"
            [ "$status" = 1 ] || complain "$group $n: exit status $status: $(cat err)"
            [ "$(grep -c '^cajal: ' err)" = 1 ] || complain "$group $n: not one sentence: $(cat err)"
            whole_files "$group $n"
            resumed "$group $n"
        done
    done
}

# A write that takes only a part is gone on with.
short_writes() {
    local n
    for ((n = 1; n <= $(calls write); n += every)); do
        strike "write:$n:short"
        [ "$status" = 0 ] || complain "short write $n: $(cat err)"
        cmp -s whole/model.safetensors cut/model.safetensors || complain "short write $n: the model differs"
    done
}
