#!/bin/bash
# Wrong usage and missing data: one sentence on standard error, the right exit status, nothing on standard output.
. "$(dirname "$0")/common.sh"

wrong() { # STATUS TEXT ARGUMENT...
    local status=$1 text=$2
    shift 2
    run "$status" "$@"
    says err "$text"
    silent out
    [ "$(grep -c '^cajal: ' err)" = 1 ] || complain "cajal $*: not one sentence: $(cat err)"
}

wrong 2 'did you mean "train"' trian
wrong 2 'did you mean --epochs' train --data x --epoch 3
wrong 2 'did you mean --data' train --dta x
wrong 2 '--epochs takes a whole number' train --data "$tables/iris.csv" --epochs many
wrong 2 '--epochs wants a value' train --epochs
wrong 2 'is given twice' train --epochs 3 --epochs 4
wrong 2 'takes no value' train --json=yes
wrong 2 'train wants the data' train
wrong 2 'the data are given as --data' train iris.csv
wrong 2 'eval wants MODEL' eval
wrong 2 'eval wants the data' eval model
wrong 2 'did you mean "balanced"' train --data x --class-weight balansed
wrong 2 'did you mean "regression"' train --data x --task regresion
wrong 2 'with x between them' train --data x --size 3by3
wrong 2 'did you mean "lenet"' train --data "$tables/iris.csv" --net lennet
wrong 2 'conv1 (number 1, "conv 3 3x3"): [4] reaches it, it takes a picture' \
    train --data "$tables/iris.csv" --net "conv 3 3x3"
wrong 2 'did you mean' train --data "$tables/iris.csv" --optim adm
wrong 2 'momentum' train --data "$tables/iris.csv" --optim sgd:mometum=0.9
wrong 2 'did you mean' train --data "$tables/iris.csv" --schedule cosin
wrong 2 'give --epochs' train --data "$tables/iris.csv" --val 0
wrong 2 '--resume wants the folder' train --resume
wrong 2 'only one of them' train --resume --force --out x
wrong 3 'no run that could be resumed' train --resume --out nowhere
wrong 3 'nowhere.csv' train --data nowhere.csv
wrong 2 'has no column "nope"' train --data "$tables/iris.csv" --target nope
wrong 2 'eval has no option --target' eval nowhere --data "$tables/iris.csv" --target species
wrong 1 'cannot make the folder' train --data "$tables/iris.csv" --out /proc/nowhere/run -q
wrong 3 'there is no model' eval nowhere --data "$tables/iris.csv"
wrong 3 'there is no model' predict nowhere.safetensors x.png
wrong 2 'did you mean "show"' data shaw
wrong 2 'no help on' help trian
[ ! -e runs ] || complain "a folder was made for nothing"

run 2 train --data x --bogus --json
says out '{"event":"error","message":'
run 3 train --data nowhere.csv --json
says out '"event":"error"'

# Help everywhere, with an example; on standard output.
for command in train eval predict show data study version help; do
    run 0 "$command" --help
    says out "Usage: cajal $command"
    says out 'Examples:'
    silent err
done
run 0
says out 'Commands:'
run 0 help nets
says out 'residual('
run 0 help optimisers
says out 'adamw:lr=0.001,weight_decay=0.01'
says out 'one_cycle:'
run 0 help --man-pages man
for command in train eval predict show data study version help; do
    [ -s "man/cajal-$command.1" ] || complain "no manual page of $command"
done
says man/cajal-train.1 'epochs'
run 0 help --completion bash
bash -n out || complain 'the completion script is no bash'
(
    . ./out
    COMP_WORDS=(cajal train --ep) COMP_CWORD=2
    _cajal
    [ "${COMPREPLY[*]}" = --epochs ]
) || complain 'completion does not complete --ep'
run 0 help --completion zsh
says out '#compdef cajal'

# A closed pipe ends quietly; a full disk does not.
"$CAJAL" help nets 2>err | head -n 1 >/dev/null
silent err
"$CAJAL" help nets >/dev/full 2>err
[ $? = 1 ] || complain 'a full disk is not told by the exit status'
says err 'cannot write to standard output'
finish
