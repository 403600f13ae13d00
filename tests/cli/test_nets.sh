#!/bin/bash
# Nets with options: language models and nets on graphs train, are measured beside baselines, resume to the same bits.
. "$(dirname "$0")/common.sh"

# A text that frequencies of pairs cannot foretell, and a net can.
for i in $(seq 300); do echo "the cat sat on mat $((i % 7)), the dog ran to door $((i % 5))."; done >cats.txt
args=(--data cats.txt --epochs 3 --batch 8 --lr 0.02)
small=hidden=32,context=32

for net in lstm:embedding=8 gru:embedding=8 transformer:heads=2,layers=1; do
    name=${net%%:*}
    run 0 train "${args[@]}" --net "$net,$small" --out "$name" --json
    above 1.2 "$(field out test_loss)" "loss of $name"
    says out '"frequencies of pairs of characters":{"loss":'
    says out '"measured_on":"'
    # Stopped in the middle and gone on with, by another number of threads, it ends in the same bits.
    rm -rf cut
    "$CAJAL" train "${args[@]}" --net "$net,$small" --out cut -q >/dev/null 2>&1 &
    pid=$!
    sleep 0.15
    kill -INT "$pid" 2>/dev/null
    wait "$pid"
    run 0 train --resume "${args[@]}" --net "$net,$small" --out cut -q --threads 1
    same "$name/model.safetensors" cut/model.safetensors
done
run 0 train --resume --out lstm --epochs 4
says err 'the schedule is recomputed'
says out 'bits per character'
says out 'frequencies of characters'

run 0 train --data cats.txt --net gru:hidden=8,context=16 --out early # stops by the validation part
says err 'epochs at most 10'

# What is refused.
run 2 train --data cats.txt --net lstm:hiden=3
says err 'did you mean "hidden"'
run 2 train --data cats.txt --net lstm:hidden=0
says err 'whole number from 1'
run 2 train --data cats.txt --net transformer:hidden=30,heads=4
says err 'no even number'
run 2 train --data cats.txt --net mlp
says err '--net lstm is the default'
run 2 train --data cats.txt --target x
says err 'no use for a text'
run 2 train --data iris --net gcn
says err "--net gcn is for a graph, but 'iris' holds pictures, rows or arrays"
run 1 train --data cats.txt --net lstm:context=60000
says err 'a longer text is needed'
run 2 train --data cats.txt --val 0 --net lstm:context=16
says err 'give --epochs N'
run 2 show sage
says err 'cajal train'
run 1 eval lstm --data cats.txt
says err 'cajal generate'

# A graph: better than its features alone.
if run 0 data show cora 2>/dev/null && grep -q 'a graph' out; then
    run 0 train --data cora --net gcn --epochs 40 --out gcn --json
    above "$(field out test_accuracy)" 0.7 'accuracy of gcn'
    says out '"majority class":{"accuracy":'
    run 0 train --data cora --net gcn --epochs 20 --out grown -q
    run 0 train --resume --out grown --epochs 40 -q
    same gcn/model.safetensors grown/model.safetensors
    run 2 train --data cora --net resnet20
    says err '--net gcn is the default'
fi
finish
