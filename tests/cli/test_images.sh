#!/bin/bash
# A folder of images: a folder a class, files that are no image, --size, predict and eval on files.
. "$(dirname "$0")/common.sh"

# digits.csv (8x8, 0 to 16) as PGM files, a folder a class; the first 600 rows.
tail -n +2 "$tables/digits.csv" | head -n 600 | awk -F, '{
    folder = "pictures/" $65; if (!(folder in made)) { system("mkdir -p " folder); made[folder] = 1 }
    file = folder "/" NR ".pgm"
    print "P2\n8 8\n16" >file
    for (i = 1; i <= 64; i++) print int($i) >file
    close(file) }'
echo 'no picture' >pictures/3/notes.png
run 0 train --data pictures --json --epochs 15 --out run
says err 'notes.png'
cp err told # without cairo it says that pictures are not drawn
above "$(field out test_accuracy)" 0.85 'accuracy on pictures'
says out '"net":"mlp"'
run 0 eval run --data pictures --json
above "$(field out test_accuracy)" 0.85 'accuracy by eval'
run 0 predict run pictures/4/*.pgm
right=$(cut -d, -f2 out | grep -c '^4$')
above "$right" "$(($(ls pictures/4 | wc -l) * 8 / 10))" 'fours'
first=$(ls pictures/4/*.pgm | head -n 1)
run 0 predict run "$first"
cp out one
"$CAJAL" predict run - <"$first" | sed "s|^-,|$first,|" >two
same one two
run 1 predict run pictures/3/notes.png "$first"
says err 'notes.png'
says out "$first,"
for picture in learning_curve filters confusion; do
    [ -s "run/$picture.png" ] || grep -q "$picture.png is not drawn" told || complain "no $picture.png"
done

run 0 train --data pictures --size 16x16 --net "conv 8 5x5, relu, maxpool 2, linear classes" --epochs 3 --out big --json
says out '"event":"done"'
run 0 predict big "$first"
[ "$(wc -l <out)" = 2 ] || complain 'a picture of another size is not predicted'
finish
