#!/bin/bash
# A run is a folder: killed at any moment it resumes to the very bits; refused where options or data differ.
. "$(dirname "$0")/common.sh"
args=(--data "$tables/digits.csv" --net mlp:64 --epochs 12 --optim sgd:momentum=0.9,lr=0.05 --seed 3)

run 0 train "${args[@]}" --out whole -q
hash=$("$CAJAL" eval whole --data "$tables/digits.csv" --json 2>/dev/null | sed -n 's/.*"model_hash":"\([0-9a-f]*\).*/\1/p')
for file in run.json checkpoint.safetensors model.safetensors log.jsonl; do
    [ -s "whole/$file" ] || complain "no $file"
done

# kill -9 at several moments, then --resume as often as it takes.
for moment in 0.01 0.03 0.06 0.1 0.15 0.25; do
    rm -rf cut
    "$CAJAL" train "${args[@]}" --out cut -q >/dev/null 2>&1 &
    pid=$!
    sleep "$moment"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    run 0 train --resume "${args[@]}" --out cut -q
    same whole/model.safetensors cut/model.safetensors
    [ "$(wc -l <cut/log.jsonl)" = 12 ] || complain "the log has $(wc -l <cut/log.jsonl) lines"
    ls cut | grep -q tmp && complain "something half-written is left: $(ls cut)"
done

# SIGINT and SIGTERM finish the step, save, and name the command that resumes: in the middle of an epoch too.
for signal in INT:130 TERM:143; do
    rm -rf cut err
    "$CAJAL" train --data "$tables/digits.csv" --net mlp:256,256 --epochs 2000 --batch 8 --out cut >/dev/null 2>err &
    pid=$!
    for _ in $(seq 100); do
        grep -qs '^epoch ' err && break
        sleep 0.1
    done
    kill -"${signal%:*}" "$pid"
    wait "$pid"
    got=$?
    [ "$got" = "${signal#*:}" ] || complain "SIG${signal%:*}: exit status $got"
    says err "cajal train --resume --out 'cut'"
    [ -s cut/checkpoint.safetensors ] || complain 'no checkpoint after a signal'
done

# Stopped again and again, a second or less into long epochs, it ends in the same bits.
batch=2
[ -z "${CAJAL_SANITIZE:-}${CAJAL_EMULATED:-}" ] || batch=32 # where a step is slow of itself
slow=(--data "$tables/digits.csv" --net mlp:256,128 --epochs 2 --batch $batch)
run 0 train "${slow[@]}" --out steady -q
rm -rf cut
for round in 1 2 3 4 5 6; do
    "$CAJAL" train --resume "${slow[@]}" --out cut -q >/dev/null 2>&1 &
    pid=$!
    sleep 0.1
    kill -INT "$pid" 2>/dev/null
    wait "$pid"
    got=$?
    [ "$got" = 130 ] || [ "$got" = 0 ] || complain "SIGINT, round $round: exit status $got"
done
run 0 train --resume "${slow[@]}" --out cut -q
same steady/model.safetensors cut/model.safetensors

# The resumed run needs no other option; epochs may grow, nothing else may change.
rm -rf short
run 0 train "${args[@]/12/6}" --out short -q
run 0 train --resume --out short --epochs 12
says err 'the schedule is recomputed'
[ "$(wc -l <short/log.jsonl)" = 12 ] || complain 'the grown run has not 12 epochs in its log'
run 2 train --resume --out short --epochs 3
says err 'can only raise it'
run 2 train --resume --out short --seed 4
says err 'has --seed 3, not 4'
run 2 train --resume --out short --lr 0.002
says err '--optim "sgd:lr=0.05,momentum=0.9", not "sgd:lr=0.002,momentum=0.9"'
run 0 train --resume --out short --lr 0.05 --optim sgd:momentum=0.9,dampening=0 -q # the defaults, written out
run 2 train --resume --out short --net mlp:32
says err '--net'
run 2 train --resume --out short --data "$tables/wine.csv"
run 0 train --resume --out short --threads 1 -q
run 1 train "${args[@]}" --out whole
says err '--resume'
run 0 train "${args[@]}" --out whole --force -q
[ "$("$CAJAL" eval whole --data "$tables/digits.csv" --json 2>/dev/null | sed -n 's/.*"model_hash":"\([0-9a-f]*\).*/\1/p')" = "$hash" ] ||
    complain 'the run begun anew has another model'

# --config repeats a run.
run 0 train --config whole/run.json --out again -q
same whole/model.safetensors again/model.safetensors
echo '{"data": "'"$tables"'/iris.csv", "epochs": 2, "bogus": 1}' >config.json
run 2 train --config config.json
says err 'no option "bogus"'

# Data that have changed are refused.
cp "$tables/iris.csv" own.csv
run 0 train --data own.csv --epochs 2 --out own -q
sed -i '5s/^./9/' own.csv
run 1 train --resume --out own --epochs 3
says err 'has changed'

# A run that stops early resumes to the same model, too.
run 0 train --data "$tables/wine.csv" --out early -q
rm -rf cut
"$CAJAL" train --data "$tables/wine.csv" --out cut -q >/dev/null 2>&1 &
pid=$!
sleep 0.08
kill -9 "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
run 0 train --resume --data "$tables/wine.csv" --out cut -q
same early/model.safetensors cut/model.safetensors
run 2 train --resume --out early --epochs 9
finish
