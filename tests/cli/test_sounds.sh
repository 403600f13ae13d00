#!/bin/bash
# Recordings: train on a folder of WAV files, predict one, what is no sound, of another rate, too short or too long.
. "$(dirname "$0")/common.sh"

# wav RATE FRAMES HERTZ PHASE - a tone as 8-bit PCM.
wav() {
    LC_ALL=C awk -v rate="$1" -v frames="$2" -v hertz="$3" -v phase="$4" '
        function word(v, n) { for (; n > 0; n--) { printf "%c", v % 256; v = int(v / 256) } }
        BEGIN {
            printf "RIFF"; word(36 + frames, 4); printf "WAVEfmt "; word(16, 4); word(1, 2); word(1, 2)
            word(rate, 4); word(rate, 4); word(1, 2); word(8, 2); printf "data"; word(frames, 4)
            for (i = 0; i < frames; i++) word(int(128 + 90 * sin(6.2831853 * hertz * i / rate + phase)), 1)
        }'
}

mkdir tones
for take in $(seq 0 14); do
    wav 2000 1500 $((150 + take)) "$take" >"tones/low_ann_$take.wav"
    wav 2000 $((1800 + take)) $((600 + take)) "$take" >"tones/high_bob_$take.wav"
done
"$CAJAL" data show tones >out 2>err || {
    grep -q 'libsndfile' err || complain "recordings are not read: $(cat err)"
    finish
    exit 0
}
run 0 train --data tones --net "conv 4 3x3, relu, maxpool 4, linear classes" --epochs 8 --json --out run
above "$(field out test_accuracy)" 0.99 'accuracy on tones'
says err '40 bands, 61 frames'
run 0 predict run tones/low_ann_0.wav tones/high_bob_0.wav
says out 'tones/low_ann_0.wav,low,'
says out 'tones/high_bob_0.wav,high,'
run 0 eval run --data tones --json
above "$(field out test_accuracy)" 0.99 'accuracy by eval'

echo 'no sound' >notes.wav
run 1 predict run notes.wav tones/low_ann_1.wav
says err 'notes.wav: no sound that can be read'
says out 'tones/low_ann_1.wav,low,'
wav 2000 40 150 0 >short.wav
run 1 predict run short.wav
says err 'short.wav: 0.02 s long, which is too short: the model takes 0.032 s at a time'
wav 2000 5000 150 0 >long.wav
run 0 predict run long.wav
says err 'long.wav: 2.5 s long, the model takes the first 1 s'
says out 'long.wav,low,'
wav 4000 3000 150 0 >fast.wav
if "$CAJAL" predict run fast.wav >out 2>err; then
    says err 'fast.wav: 4000 samples a second are made 2000'
    says out 'fast.wav,low,'
else
    says err 'libsamplerate'
fi
finish
