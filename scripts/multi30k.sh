#!/usr/bin/env bash
# Multi30k EN-DE: one network against BatchEnsemble-4, split and shared, in two comparisons.
#
#   bash scripts/multi30k.sh MULTI30K [OUT]
#
# MULTI30K holds train, val and test_2016_flickr of task 1, raw, as NAME.en*.gz and NAME.de*.gz
# (the folder data/task1/raw of the Multi30k repository). OUT (default: multi30k) takes data, runs
# and evaluations; the same command again goes on where it was stopped. What the table shows of the
# evaluations goes to docs/results/multi30k.jsonl, and experiments/make_tables.py writes it.
# About 3.2 hours of one CPU core in all; runs go one after another.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"
[[ $# -ge 1 ]] || fail "name the folder of Multi30k: bash scripts/multi30k.sh MULTI30K [OUT]"
text="$1" out="${2:-multi30k}"

prepare_environment translation
be() { "$VENV_PYTHON" -m translation "$@"; }
file() { # NAME LANGUAGE: the one file of a split
    local found=("$text/$1.$2"*)
    [[ -e "${found[0]}" ]] || fail "$text holds no $1.$2*; it should be Multi30k's task 1, raw"
    printf '%s\n' "${found[0]}"
}

be prepare --source "$(file train en)" --target "$(file train de)" \
    --valid-source "$(file val en)" --valid-target "$(file val de)" \
    --test-source "$(file test_2016_flickr en)" --test-target "$(file test_2016_flickr de)" \
    --source-language en --target-language de --vocabulary-size 5000 --out "$out/data"

compare() { # NAME, then options of train
    local name="$1" && shift
    say "Training $name"
    be train --data "$out/data" --out "$out/$name" --config small "$@"
    be evaluate --model "$out/$name" --data "$out/data" --name "$name" \
        --out "$out/evaluations/$name"
}
# Compute-matched: 2,048 row tokens a step. Shared members see a quarter of the examples.
compare single
compare single-seed-1 --set seed=1
compare split --ensemble-size 4 --members split
compare split-seed-1 --ensemble-size 4 --members split --set seed=1
compare shared --ensemble-size 4 --members shared --set tokens_per_batch=512
# Equal unique tokens for shared members: one network on the very same batches.
compare single-512 --set tokens_per_batch=512

evaluations="$(realpath "$out/evaluations")"
cd "$REPOSITORY"
"$VENV_PYTHON" -m experiments.make_tables --evaluations multi30k "$evaluations"
