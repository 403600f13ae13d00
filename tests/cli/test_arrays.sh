#!/bin/bash
# A model that takes arrays predicts from npy and npz files, and from a CSV of as many numbers; one of pictures from u8 arrays.
. "$(dirname "$0")/common.sh"

# npy TYPE SHAPE - the head of an npy file, version 1.
npy() {
    local head="{'descr': '$1', 'fortran_order': False, 'shape': $2, }"
    printf '\223NUMPY\001\000v\000%-117s\n' "$head"
}

# Class 1 where the first of three bytes is the larger.
rows() { # COUNT
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) { a = (i * 37) % 50; if (a > 22 && a < 27) a += 8; printf "\\%03o\\%03o\\%03o", a + 1, 25, (i * 11) % 50 + 1 } }'
}
labels() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) { a = (i * 37) % 50; if (a > 22 && a < 27) a += 8; printf "\\%03o", (a > 24) } }'
}
{ npy '|u1' '(300, 3)'; printf "$(rows 300)"; } >x.npy
{ npy '|u1' '(300,)'; printf "$(labels 300)"; } >y.npy
[ "$(stat -c %s x.npy)" = 1028 ] || complain "x.npy is no npy file: $(stat -c %s x.npy) bytes"
if ! command -v python3 >/dev/null; then
    echo 'not run without python3: npz files are made by its zipfile' >&2
    exit 0
fi
python3 -c '
import zipfile
for name, files in ("d.npz", ("x.npy", "y.npy")), ("x.npz", ("x.npy",)), ("none.npz", ("y.npy", "x.npy")):
    with zipfile.ZipFile(name, "w") as z:
        for i, f in enumerate(files):
            z.write(f, f if name != "none.npz" else "array%d.npy" % i)'
run 0 train --data d.npz --epochs 20 --out run --json
above "$(field out test_accuracy)" 0.9 'accuracy on arrays'
run 0 predict run x.npy
says out 'x.npy[299],'
[ "$(wc -l <out)" = 301 ] || complain 'not a prediction an example'
cut -d, -f2- out >a1
for file in x.npz d.npz -; do
    "$CAJAL" predict run "$file" <x.npz 2>err | cut -d, -f2- >a2
    same a1 a2
done
od -An -v -t u1 -w3 -j 128 x.npy | sed 's/^ *//; s/  */,/g' >rows.csv
run 0 predict run rows.csv
cut -d, -f2- out >a2
same a1 a2
run 1 predict run none.npz
says err 'call the one to predict from x'
run 1 predict run y.npy
says err 'y.npy'
says err 'are of shape [1], those of the model of shape [3]'
run 0 train --data "$tables/iris.csv" --epochs 1 --out flowers -q
run 1 predict flowers x.npy
says err 'x.npy is an npy array, but the model takes rows of a table: give a CSV'
run 1 predict flowers x.npz
says err 'x.npz is a zip archive (npz, or a spreadsheet), but the model takes rows of a table'
echo 1,2 >short.csv
run 1 predict run short.csv
says err 'a row has 2 numbers, the model takes 3'
echo 1,two,3 >word.csv
run 1 predict run word.csv --header no
says err 'word.csv, line 1, column 2: "two" is no finite number'
head -c 500 x.npy >cut.npy
run 1 predict run cut.npy
says err 'cut.npy'
finish
