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

# Sums over batches of other sizes differ in the last digits.
near() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a - b < 1e-5 && b - a < 1e-5) }' || complain "eval says $1, train said $2"
}

# eval gives the figures of the closing table again; data of another vocabulary are refused.
run 0 train "${args[@]}" --net "gru:embedding=8,$small" --out told --json
loss=$(field out test_loss)
run 0 eval told --data cats.txt --json
near "$(field out test_loss)" "$loss"
tr a b <cats.txt >bats.txt
run 1 eval told --data bats.txt
says err 'was made for other data'

# Writing: the same seed, the same text; other options, another one; as many characters as asked for.
for name in lstm gru transformer; do
    run 0 generate "$name" --prompt 'the cat' --length 100 --seed 4
    mv out first
    [ "$(wc -c <first)" = 108 ] || complain "$name wrote $(wc -c <first) bytes, not 7 + 100 + 1"
    says first 'the cat'
    run 0 generate "$name" --prompt 'the cat' --length 100 --seed 4 --threads 1
    same first out
    run 0 generate "$name" --prompt 'the cat' --length 100 --seed 5
    cmp -s first out && complain "$name writes the same with another seed"
    run 0 generate "$name" --temperature 0 --length 60 --output surest
    run 0 generate "$name" --top-k 1 --length 60 --seed 9 --json
    [ "$(field out text)" = "$(sed -z 's/\n$//; s/\n/\\n/g; s/,.*//' surest)" ] || complain "$name: top-k 1 is not temperature 0"
done
run 1 generate lstm --prompt 'Z'
says err 'does not occur in the text'
run 2 generate lstm --temperature warm
says err '--temperature takes a number'
run 3 generate nowhere
says err 'there is no model'

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
run 1 predict lstm cats.txt
says err 'cajal generate'

# Pictures without labels: 200 of 8x8 in an IDX file.
{ printf '\000\000\010\003\000\000\000\310\000\000\000\010\000\000\000\010'
    for i in $(seq 0 199); do
        for y in $(seq 0 7); do
            if [ $((y % 4)) = $((i % 4)) ]; then printf '\377\377\377\377\377\377\377\377'; else printf '\000\000\000\000\000\000\000\000'; fi
        done
    done; } >train-images-idx3-ubyte
{ printf '\000\000\010\001\000\000\000\310'
    for i in $(seq 0 199); do printf "\\00$((i % 4))"; done; } >train-labels-idx1-ubyte
mkdir -p idx && mv train-*-ubyte idx
for net in autoencoder:hidden=16,latent=4 vae:hidden=16,latent=2 unet:hidden=4,layers=1; do
    name=${net%%:*}
    run 0 train --data idx --net "$net" --epochs 20 --lr 0.01 --batch 16 --schedule constant --out "$name" --json
    mv out "$name.json"
    run 0 train --data idx --net "$net" --epochs 10 --lr 0.01 --batch 16 --schedule constant --out again -q --force
    run 0 train --resume --out again --epochs 20 -q --threads 1
    same "$name/model.safetensors" again/model.safetensors
done
above 0.03 "$(field autoencoder/log.jsonl train_loss)" 'error of the autoencoder'
above 0.09 "$(field unet/log.jsonl train_loss)" 'error of the unet, beside the noise'
above 15 "$(field vae/log.jsonl train_loss)" '-ELBO of the vae'
run 0 eval unet --data idx --json
near "$(field out test_error)" "$(field unet.json test_error)"
run 0 generate vae --length 5
says err '5 pictures: samples.png'
mv samples.png first.png
run 0 generate vae --length 5 --output again.png
same first.png again.png
run 1 generate autoencoder
says err 'a vae does'
run 2 generate vae --prompt x
says err 'are for texts'
run 2 train --data idx --net vae --augment flip
says err 'no use for pictures'

# Functions that are made: a small net is soon better than a linear map.
run 0 train --data burgers --net fno:hidden=8,modes=8,layers=2 --epochs 2 --lr 0.01 --out fno --json
above 0.5 "$(field out test_error)" 'relative error of the fno'
run 2 train --data burgers --net lenet
says err '--net fno is the default'
run 2 train --data cats.txt --net fno
says err '--net fno is for functions'
run 2 train --data burgers --net fno:modes=70
says err 'more than half'

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
    run 1 generate gcn
    says err 'which generates nothing'
fi
finish
