#!/usr/bin/env bash
# EN-FR on Europarl and Tatoeba: one network, another from a second seed, and BatchEnsemble-4 on split
# batches, all of the same steps.
#
#   bash scripts/europarl.sh EUROPARL TATOEBA NEWSTEST [OUT]
#
# EUROPARL holds train.en* and train.fr*, one sentence a line; TATOEBA is a file of English, a tab,
# French in each line; NEWSTEST holds newstest2013 (validation) and newstest2012 (test) as NAME.en*
# and NAME.fr*. Plain or .gz. OUT (default: europarl) takes data, runs, evaluations and the report;
# the same command again goes on where it was stopped. What the table shows of the
# evaluations goes to docs/results/europarl.jsonl, and experiments/make_tables.py writes it.
# About two hours on two CPU cores that multiply bfloat16.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"
[[ $# -ge 3 ]] || fail "name the text: bash scripts/europarl.sh EUROPARL TATOEBA NEWSTEST [OUT]"
europarl="$1" tatoeba="$2" newstest="$3" out="${4:-europarl}"

prepare_environment translation
be() { "$VENV_PYTHON" -m translation "$@"; }
file() { # FOLDER NAME LANGUAGE: the one file of a side
    local found=("$1/$2.$3"*)
    [[ -e "${found[0]}" ]] || fail "$1 holds no $2.$3*"
    printf '%s\n' "${found[0]}"
}

be prepare --source "$(file "$europarl" train en)" --target "$(file "$europarl" train fr)" \
    --pairs "$tatoeba" \
    --valid-source "$(file "$newstest" newstest2013 en)" \
    --valid-target "$(file "$newstest" newstest2013 fr)" \
    --test-source "$(file "$newstest" newstest2012 en)" \
    --test-target "$(file "$newstest" newstest2012 fr)" \
    --pair en-fr --vocabulary-size 8000 --out "$out/data"

compare() { # NAME, then options of train
    local name="$1" && shift
    say "Training $name"
    be train --data "$out/data" --out "$out/$name" --config small "$@" \
        --set steps=6000 checkpoint_every=500 dropout=0.1 bleu_sentences=200
    be evaluate --model "$out/$name" --data "$out/data" --name "$name" \
        --out "$out/evaluations/$name"
}
compare single
compare single-seed-1 --set seed=1
compare batch-ensemble-4 --ensemble-size 4 --members split

be report "$out/evaluations/"{single,single-seed-1,batch-ensemble-4} --out "$out/report"
evaluations="$(realpath "$out/evaluations")"
cd "$REPOSITORY"
"$VENV_PYTHON" -m experiments.make_tables --evaluations europarl "$evaluations"
