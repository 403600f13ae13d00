#!/bin/bash
# cajal study: list, show, run's options, source, report.
. "$CAJAL_SOURCE/tests/cli/common.sh"

run 0 study list
says out 'forward-forward'
run 0 study list hinton cj_fit
says out 'forward-forward'
run 0 study list nobody-wrote-this
silent out
run 0 study list --family nowhere --json
says out '[]'
run 0 study list --json
says out '"slug":"forward-forward"'
for name in forward-forward forward_forward 119 arXiv:2212.13345 2212.13345; do
    run 0 study show "$name"
    says out 'In your own net'
    says out 'cj_forward_forward('
done
run 0 study show 119 --json
says out '"checks":[{"'
says out '"differs":['
run 2 study show forward-forwad
says err 'did you mean "forward-forward"?'
run 2 study shwo
says err 'did you mean "show"?'
run 2 study list --quick
says err '--quick is for study run'
run 2 study run 119 --quick --full
run 2 study run 119 --smoke --set unist=3
says err 'did you mean "units"?'
run 2 study run 119 --smoke --set units=many
says err 'takes a number'
run 2 study run 119 --smoke --set units=2.5 --only 5
says err 'takes a whole number'
run 1 study run 119 --smoke --set units=-3 --only 3
says err "out_features must be at least 1"
run 2 study run 119 --smoke --only 77
run 3 study run 119 --smoke --data nowhere.csv --out ""

# The exact checks need no data; what they measure is kept.
run 0 study run 119 --smoke --only 1 --json -q --out runs/ff
says out '"event":"done","slug":"forward-forward","level":"smoke","seed":0'
says out '"id":"1a"'
grep -q '"id":"3b"' out && complain "--only 1 ran another check"
says runs/ff/result.json '"paper": "arXiv:2212.13345"'
says runs/ff/curves.csv 'method,seed,step,value'
run 0 study run 119 --smoke --only 1 --set units=7 -q --out ""
says out 'pass'

# A table of the user's own: bounds of the paper's settings are not judged.
run 0 study run 119 --smoke --data "$tables/iris.csv" --set batch=10 -q --out runs/iris
says out 'not judged'
run 0 study report runs
says runs/index.html 'The Forward-Forward Algorithm'
run 3 study report "$tables"
run 0 study source 119
cmp -s out "$CAJAL_SOURCE/studies/training/forward_forward.c" || complain "source prints another text"
[ "$failures" = 0 ]
