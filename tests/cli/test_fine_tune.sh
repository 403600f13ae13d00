#!/bin/bash
# --augment is the same for any number of threads and after a resume; --init begins with another net's weights, --freeze
# leaves tensors as they are to the bit, batch norm's running values too.
. "$(dirname "$0")/common.sh"

# digits.csv (8x8, 0 to 16) as PGM files, a folder a class; the first 400 rows, and of those the digits 0 to 4.
tail -n +2 "$tables/digits.csv" | head -n 400 | awk -F, '{
    folder = "pictures/" $65; if (!(folder in made)) { system("mkdir -p " folder); made[folder] = 1 }
    file = folder "/" NR ".pgm"
    print "P2\n8 8\n16" >file
    for (i = 1; i <= 64; i++) print int($i) >file
    close(file) }'
mkdir five
cp -r pictures/[0-4] five/

# ---- augment ----

args=(--data pictures --net "conv 4 3x3, bn, relu, linear classes" --epochs 4 --batch 16 -q)
words=flip,crop:1,rotate:15,noise:0.05,mixup:0.4,cutmix:1
run 0 train "${args[@]}" --augment "$words" -j1 --out one
run 0 train "${args[@]}" --augment "$words" -j3 --out three
same one/model.safetensors three/model.safetensors
run 0 train "${args[@]}" --out plain
cmp -s one/model.safetensors plain/model.safetensors && complain 'augmentation changes nothing'
grep -qF "\"augment\": \"$words\"" one/run.json || complain 'run.json does not keep --augment'
grep -q '"augment": "none"' plain/run.json || complain 'run.json does not say that nothing is augmented'
for moment in 0.02 0.05 0.1 0.2; do
    rm -rf cut
    timeout -s INT "$moment" "$CAJAL" train "${args[@]}" --augment "$words" --out cut >/dev/null 2>&1
    run 0 train --resume "${args[@]}" --augment "$words" --out cut
    same one/model.safetensors cut/model.safetensors
done
run 2 train --data pictures --augment flop --epochs 1
says err 'did you mean "flip"?'
run 2 train --data pictures --augment rotate --epochs 1
says err 'rotate takes a number'
run 0 train "${args[@]}" --augment mixup:0.2 --val 0.2 --json --out mixed
above "$(field out val_accuracy)" 0.3 'validation accuracy with mixup'
run 2 train --data "$tables/iris.csv" --augment flip --epochs 1
says err '--augment is for pictures'

# ---- init and freeze ----

net="conv 4 3x3, bn, relu, linear 16, relu, linear classes"
run 0 train --data pictures --net "$net" --epochs 2 --out base -q
run 0 train --data five --net "$net" --epochs 3 --out tuned --init base --freeze 'conv1.*,bn1.*'
says err 'begin anew'
says err 'fc2.weight (10x16 there, 5x16 here)'
says err 'frozen'
command -v python3 >/dev/null && python3 - <<'END' || complain 'frozen tensors have changed, or none was trained'
import json, struct, sys

def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8 : 8 + size])
    return {n: data[8 + size + t["data_offsets"][0] : 8 + size + t["data_offsets"][1]]
            for n, t in head.items() if n != "__metadata__"}

base, tuned = tensors("base/model.safetensors"), tensors("tuned/model.safetensors")
state = tensors("tuned/checkpoint.safetensors")
frozen = [n for n in base if n.startswith(("conv1.", "bn1."))]
ok = len(frozen) >= 5 and all(base[n] == tuned[n] for n in frozen)
ok = ok and base["fc1.weight"] != tuned["fc1.weight"]
ok = ok and not any(n.startswith("optimizer.") and ("conv1" in n or "bn1" in n) for n in state)
ok = ok and any(n.startswith("optimizer.") and "fc1" in n for n in state)
sys.exit(not ok)
END
# it resumes without the model that it began with
rm -rf base.moved && mv base base.moved
run 0 train --resume --out tuned --epochs 4 -q
mv base.moved base
run 2 train --data five --net "$net" --epochs 1 --init base --freeze 'zz*'
says err 'no tensor of the net fits "zz*"'
run 2 train --data five --net "$net" --epochs 1 --freeze '*'
says err 'leaves no parameter to train'
run 3 train --data five --net "$net" --epochs 1 --init nowhere
says err "there is no model 'nowhere'"
run 1 train --data five --net "$net" --epochs 1 --init pictures/0/1.pgm
finish
