#!/bin/bash
# Tables: one command trains each of them well; the model file alone evaluates and predicts.
. "$(dirname "$0")/common.sh"

run 0 train --data "$tables/iris.csv" --json --out iris
done_line=$(tail -n 1 out)
for key in event out model net data seed threads epochs steps train_seconds images_per_second train_loss \
    test_accuracy test_accuracy_low test_balanced_accuracy test_f1 peak_bytes lower_bound_bytes rss_bytes \
    model_hash; do
    case $done_line in
    *"\"$key\":"*) ;;
    *) complain "the last line has no $key: $done_line" ;;
    esac
done
says out '"event":"epoch","epoch":1,'
[ "$(wc -l <iris/log.jsonl)" = "$(field out epochs)" ] || complain 'the log has not a line an epoch'
above "$(field out test_accuracy)" 0.9 'iris accuracy'
iris_hash=$(field out model_hash)
[ "${#iris_hash}" = 64 ] || complain "model_hash: $iris_hash"
! grep -q "$work" iris/model.safetensors || complain 'the model file holds a path'

run 0 train --data "$tables/wine.csv" --json
above "$(field out test_accuracy)" 0.9 'wine accuracy'
[ -s runs/wine-mlp-001/model.safetensors ] || complain 'no runs/wine-mlp-001'
run 0 train --data "$tables/diabetes.csv" --json
above "$(field out test_r2)" 0.35 'diabetes R2'
run 0 train --data "$tables/digits.csv" --json --epochs 20
above "$(field out test_accuracy)" 0.95 'digits accuracy'

# The same seed gives the same file, whatever the threads; another seed another.
run 0 train --data "$tables/wine.csv" --epochs 5 --out a --threads 1 -q
run 0 train --data "$tables/wine.csv" --epochs 5 --out b --threads 3 -q
run 0 train --data "$tables/wine.csv" --epochs 5 --out c --seed 1 -q
same a/model.safetensors b/model.safetensors
! cmp -s a/model.safetensors c/model.safetensors || complain 'another seed gives the same model'
silent err

# What is printed for people: choices, the table, what to try next; results on standard output only.
run 0 train --data "$tables/wine.csv" --epochs 3 --out d
says err "is taken as the target"
says err "task: 3 classes (0, 1, 2)"
says err "numeric: alcohol, malic_acid"
says err 'epoch 3/3'
for text in 'balanced accuracy' 'linear model' 'majority class' 'recall' 'what to try next' 'run: d'; do
    says out "$text"
done
[ "$(tail -n 1 out)" = 'run: d' ] || complain 'the folder is not printed last'
run 0 train --data "$tables/diabetes.csv" --epochs 3 --out e
for text in MAE RMSE R2 mean; do says out "$text"; done

# eval and predict need nothing else.
run 0 eval iris --data "$tables/iris.csv" --json
says out '"event":"eval"'
[ "$(field out model_hash)" = "$iris_hash" ] || complain 'eval has another model_hash'
above "$(field out test_accuracy)" 0.9 'iris accuracy by eval'
run 0 predict iris/model.safetensors "$tables/iris.csv" --all-probabilities
says out 'input,prediction,probability,probability of 0,probability of 1,probability of 2'
[ "$(wc -l <out)" = 151 ] || complain 'not a prediction a row'
right=$(paste -d, <(tail -n +2 "$tables/iris.csv") <(tail -n +2 out) | awk -F, '$5 == $7' | wc -l)
above "$right" 140 'right predictions'
cp out all
"$CAJAL" predict iris - --all-probabilities <"$tables/iris.csv" >piped
sed 's/^[^,]*,//' all >a1 && sed 's/^[^,]*,//' piped >a2
same a1 a2
run 0 predict iris "$tables/iris.csv" --all-probabilities --output file.csv
same all file.csv

# Columns are matched by name, in any order, with the target left out, with ; and CRLF and a byte order mark.
{
    printf '\357\273\277'
    awk -F, -v OFS=';' '{ print $4, $2, $1, $3 "\r" }' "$tables/iris.csv"
} >shuffled.csv
run 0 predict iris shuffled.csv --all-probabilities
sed 's/^[^,]*,//' out >a2
same a1 a2
cut -d, -f1-3 "$tables/iris.csv" >lacking.csv
run 1 predict iris lacking.csv
says err 'petal width'
silent out
run 1 eval iris --data lacking.csv
says err 'petal width'
run 0 predict iris "$tables/iris.csv" --json
says out '"event":"prediction"'
[ "$(wc -l <out)" = 150 ] || complain 'not an object a row'

# Strings, categories, missing values.
awk 'BEGIN { print "colour,size,id,kind"; for (i = 0; i < 120; i++) {
    c = (i * 7) % 3; s = (i * 11) % 13
    print (c == 0 ? "red" : c == 1 ? "green" : "\"dark, blue\"") "," (i % 10 ? s : "NA") "," "row" i "," (c == 1 ? "yes" : "no") } }' >t.csv
run 0 train --data t.csv --target kind --json --out t
above "$(field out test_accuracy)" 0.9 'categories'
printf 'colour,size,id\nviolet,3,x\n"dark, blue",,y\n' >new.csv
run 0 predict t new.csv
says err 'never seen'
[ "$(wc -l <out)" = 3 ] || complain 'two rows do not give two predictions'
run 0 train --data t.csv --target size --task regression --epochs 2 --out u -q

# A table on standard input: trained on, resumed where it is the same, measured on.
"$CAJAL" train --data - --target kind --epochs 2 -q --out piped-run <t.csv >out 2>err || complain "a piped table: $(cat err)"
"$CAJAL" train --resume --out piped-run --epochs 3 -q <t.csv >out 2>err || complain "a piped table, resumed: $(cat err)"
"$CAJAL" train --resume --out piped-run --epochs 4 -q <new.csv >out 2>err && complain 'another piped table is taken'
"$CAJAL" eval t --data - --json <t.csv >out 2>err || complain "a piped table, measured: $(cat err)"
above "$(field out test_accuracy)" 0.9 'accuracy on a piped table'

# Several targets: the mean, and a line each.
awk 'BEGIN { print "a,b,y1,y2"; for (i = 0; i < 200; i++) { a = i % 17 - 8; b = i % 13 - 6; print a "," b "," a + 2 * b "," 1000 + 5 * a } }' >two.csv
run 0 train --data two.csv --target y1,y2 --epochs 30 --out two
grep -q '^  y1 ' out && grep -q '^  y2 ' out || complain "no line a target: $(cat out)"
run 0 eval two --data two.csv --json
says out '"test_targets":{"y1":{"mae":'
run 0 predict two two.csv
says out 'input,prediction of y1,prediction of y2'

# An error of the 300th row names its line; one of a missing column its file.
{ cat two.csv; tail -n +2 two.csv; } | sed '301s/^[^,]*/many/' >bad.csv
run 1 predict two bad.csv
says err 'bad.csv, line 301, column "a"'
cut -d, -f2 two.csv >lacking.csv
run 1 predict two lacking.csv
says err 'lacking.csv: 1 column that the model needs is missing: "a"'
# Rows without names are taken by place, names without rows are a header.
tail -n +2 two.csv >nameless.csv
run 0 predict two nameless.csv
cut -d, -f2- out >by-place
run 0 predict two two.csv
cut -d, -f2- out >by-name
same by-place by-name
head -n 1 two.csv >names.csv
run 0 predict two names.csv
[ "$(wc -l <out)" = 1 ] || complain "names without rows: $(cat out)"

# What the data have no use for is refused.
run 2 train --data two.csv --target y1 --size 8
says err '--size is for pictures'

# Bytes that are no UTF-8 in paths: trained, told in JSON, resumed.
odd=$(printf 'odd\377')
mkdir "$odd" && cp t.csv "$odd/t.csv"
run 0 train --data "$odd/t.csv" --target kind --epochs 2 --out "$odd/run" --json
says out '"event":"done"'
run 0 train --resume --out "$odd/run" --epochs 3 -q
run 0 predict "$odd/run" "$odd/t.csv" --json
[ "$(wc -l <out)" = 120 ] || complain 'an odd path: not an object a row'
finish
