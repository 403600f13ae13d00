#!/bin/bash
# show, data, version: what they print, and their JSON.
. "$(dirname "$0")/common.sh"

run 0 show lenet
says out 'conv2'
says out '7739904'
says out 'training step, batch 64'
run 0 show resnet20 --batch 8 --json
says out '"event":"show"'
[ "$(field out parameters)" = 269722 ] || complain "resnet20 has $(field out parameters) parameters"
above "$(field out peak_bytes)" 1000 peak_bytes
above "$(field out lower_bound_bytes)" 1000 lower_bound_bytes
says out '"name":"layer3.2.conv2"'
train_peak=$(field out peak_bytes)
run 0 show resnet20 --batch 8 --json --infer
above "$train_peak" "$(field out peak_bytes)" 'memory of training'
printf 'conv 4 3x3, relu # a remark\nmaxpool 2\nlinear classes\n' >net.txt
run 0 show net.txt --input 1x8x8 --classes 3 --json
says out '"text":"conv 4 3x3, relu, maxpool 2, linear 3"'
run 0 show @net.txt --input 1x8x8 --classes 3
run 0 show "linear 8, relu" --data "$tables/iris.csv" --json
says out '"input":[4]'
run 2 show net.txt --input 1x2x2
says err 'conv1'
run 2 show 'linear 3'
says err '; without --input examples are 1x28x28; without --classes it is to give 10'
run 0 show 'linear 3' --classes 3

run 0 data list
says out mnist
run 0 data list --json
says out '"name":"mnist"'
run 0 data show "$tables/iris.csv"
says out 'classes'
run 0 data show "$tables/diabetes.csv" --json
says out '"task":"regression"'
run 3 data show nowhere
run 2 data list too

run 0 version
says out 'kernels:'
CAJAL_ISA=baseline run 0 version --json
says out '"kernels":"baseline"'
CAJAL_ISA=abacus run 1 version
says err abacus
finish
