#!/usr/bin/env bash
# From parallel text to a report: a single network and a BatchEnsemble, trained and compared.
#
#   bash scripts/train_wmt.sh --demo [--quick] [--pair en-de|en-fr] [--out DIR]
#       sets everything up, makes its own corpus, and needs nothing else
#   bash scripts/train_wmt.sh --source F --target F --valid-source F --valid-target F \
#       --test-source F --test-target F --pair en-de --out DIR
#       the same on text of your own, plain or .gz, one sentence a line
#   bash scripts/train_wmt.sh --dataset wmt14 --pair en-de|en-fr --out DIR
#       the same on WMT14, downloaded by tensorflow-datasets into --tfds-dir DIR (default: its own
#       place), or from its raw files in --raw DIR
#
# Further options: --config NAME (default: tiny for the demo, base otherwise), --ensemble-size M
# (4), --members split|shared (split), --vocabulary-size V, and --set KEY=VALUE for any field of
# the config, as often as needed. The same command again goes on where it was stopped.
# Devices: --strategy one|mirrored|multi-worker|tpu, --microbatches K, --tpu NAME. On several hosts
# the same command runs on each, with --workers HOST:PORT,HOST:PORT (the chief first) and its own
# --worker-index I, or TF_CONFIG in the environment, and DIR on a disk that all of them see: the
# chief prepares, evaluates and reports, and where it is stopped at that the same command is needed
# there alone. --prepare-workers N processes clean and encode the text.
# report.md, report.json and the figures come to lie in DIR; so do data, runs and evaluations.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"

usage() { sed -n '2,23s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

demo="" quick="" pair="en-de" out="" config="" ensemble_size=4 members="split" vocabulary_size=""
text=() settings=() dataset=() devices=() preparing=() worker=""
while [[ $# -gt 0 ]]; do
    case "$1" in
        --demo) demo=1 && shift ;;
        --quick) quick=1 && shift ;;
        --help | -h) usage && exit ;;
        --pair | --out | --config | --ensemble-size | --members | --vocabulary-size | --set | \
            --dataset | --raw | --tfds-dir | --prepare-workers | \
            --strategy | --workers | --worker-index | --tpu | --microbatches | \
            --source | --target | --valid-source | --valid-target | --test-source | --test-target)
            [[ $# -ge 2 ]] || fail "$1 needs a value; see --help"
            case "$1" in
                --pair) pair="$2" ;;
                --out) out="$2" ;;
                --config) config="$2" ;;
                --ensemble-size) ensemble_size="$2" ;;
                --members) members="$2" ;;
                --vocabulary-size) vocabulary_size="$2" ;;
                --set) settings+=("$2") ;;
                --dataset | --raw | --tfds-dir) dataset+=("$1" "$2") ;;
                --prepare-workers) preparing=(--workers "$2") ;;
                --worker-index) worker="$2" && devices+=("$1" "$2") ;;
                --strategy | --workers | --tpu | --microbatches) devices+=("$1" "$2") ;;
                *) text+=("$1" "$2") ;;
            esac
            shift 2
            ;;
        *) fail "unknown option $1; see --help" ;;
    esac
done
[[ "$pair" == *-* ]] || fail "--pair must read like en-de; got $pair"
if [[ -n "$demo" ]]; then
    text+=(${dataset[@]+"${dataset[@]}"})
    [[ ${#text[@]} -eq 0 ]] || fail "--demo makes its own text: leave out ${text[0]}"
    [[ ${#devices[@]} -eq 0 ]] || fail "--demo runs on one device: leave out ${devices[0]}"
elif [[ -n "$quick" ]]; then
    fail "--quick is a small --demo: give both"
elif [[ ${#dataset[@]} -gt 0 ]]; then
    [[ " ${dataset[*]} " == *" --dataset "* ]] || fail "${dataset[0]} goes with --dataset wmt14"
    [[ ${#text[@]} -eq 0 ]] || fail "--dataset brings its own text: leave out ${text[0]}"
    [[ -n "$out" ]] || fail "--dataset needs --out DIR; see --help"
elif [[ ${#text[@]} -ne 12 || -z "$out" ]]; then
    fail "either --demo, or --out and --dataset wmt14, or --out and all six of --source, --target," \
        "--valid-source, --valid-target, --test-source and --test-target; see --help"
fi
out="${out:-demo-$pair}"
if [[ -n "$quick" ]]; then
    config="${config:-tiny}" vocabulary_size="${vocabulary_size:-300}"
elif [[ -n "$demo" ]]; then
    config="${config:-tiny}" vocabulary_size="${vocabulary_size:-1000}"
else
    config="${config:-base}" vocabulary_size="${vocabulary_size:-32000}"
fi

prepare_environment translation
be() { "$VENV_PYTHON" -m translation "$@"; }

truth=()
if [[ -n "$demo" ]]; then
    source="${pair%-*}" target="${pair#*-}" corpus="$out/corpus" sizes=()
    if [[ -n "$quick" ]]; then
        sizes=(--train 2000 --valid 100 --test 100 --simple)
        settings=(steps=60 checkpoint_every=30 average=1 warmup=20 width=32 heads=2 feedforward=64 \
            encoder_layers=1 decoder_layers=1 buckets=2 ${settings[@]+"${settings[@]}"})
    fi
    if [[ ! -e "$corpus/corpus.json" ]]; then
        be grammar --pair "$pair" --out "$corpus" ${sizes[@]+"${sizes[@]}"}
    fi
    for split in train valid test; do
        prefix="--$split-" && [[ "$split" != train ]] || prefix="--"
        text+=("${prefix}source" "$corpus/$split.$source" "${prefix}target" "$corpus/$split.$target")
    done
    truth=(--truth "$corpus/corpus.json")
fi

if [[ -z "$worker" && -n "${TF_CONFIG:-}" && " ${devices[*]-} " == *" multi-worker "* ]]; then
    # Where there is a job called chief, the first of the workers is the second process.
    read_index='import json, os; c = json.loads(os.environ["TF_CONFIG"]); t = c["task"]
print(t["index"] + ("chief" in c.get("cluster", {}) and t.get("type") != "chief"))'
    worker="$("$VENV_PYTHON" -c "$read_index")" \
        || fail "TF_CONFIG names no task with an index; got $TF_CONFIG"
fi
if [[ ${#dataset[@]} -gt 0 ]]; then
    # Otherwise each of the web's rare characters would take a piece of the vocabulary.
    preparing+=(--byte-fallback --character-coverage 0.9999)
fi
if [[ "${worker:-0}" == 0 ]]; then
    be prepare ${text[@]+"${text[@]}"} ${dataset[@]+"${dataset[@]}"} \
        ${preparing[@]+"${preparing[@]}"} \
        --source-language "${pair%-*}" --target-language "${pair#*-}" \
        --vocabulary-size "$vocabulary_size" --out "$out/data"
else
    say "Worker $worker: waiting until the chief has prepared $out/data"
    until [[ -e "$out/data/card.json" ]]; do sleep 1; done
fi

system() { # NAME, then options of train: trains and evaluates
    local name="$1" trained="" on=(${devices[@]+"${devices[@]}"}) && shift
    # The first of several hosts to be through with the training leaves a mark: from then on none
    # waits for another in it. Workers leave it out, and a chief that was stopped while it averaged
    # the weights does that alone.
    if [[ -n "$worker" && -e "$out/$name/trained" ]]; then trained=1 on=(); fi
    if [[ "${worker:-0}" == 0 || -z "$trained" ]]; then
        say "Training $name"
        be train --data "$out/data" --out "$out/$name" --config "$config" "$@" \
            ${on[@]+"${on[@]}"} ${settings[@]+--set "${settings[@]}"}
    fi
    if [[ -n "$worker" ]]; then touch "$out/$name/trained"; fi
    if [[ "${worker:-0}" != 0 ]]; then
        # The chief is not done with this system; a process that is new to it would be an error.
        say "Worker $worker: waiting until the chief has evaluated $name; if it was stopped, start" \
            "the same command there again"
        until [[ "$out/evaluations/$name/evaluation.json" -nt "$out/$name/log.jsonl" ]]; do
            sleep 1
        done
        return
    fi
    # Training that was over already has left its log alone.
    if [[ "$out/evaluations/$name/evaluation.json" -nt "$out/$name/log.jsonl" ]]; then return; fi
    be evaluate --model "$out/$name" --data "$out/data" --name "$name" \
        --out "$out/evaluations/$name" ${truth[@]+"${truth[@]}"}
}
ensemble=("batch-ensemble-$ensemble_size" --ensemble-size "$ensemble_size" --members "$members")
if [[ -n "$demo" ]]; then
    # Models this small leave cores idle: the two are trained side by side, half of the cores each.
    threads="$((($(getconf _NPROCESSORS_ONLN) + 1) / 2))"
    export TF_NUM_INTRAOP_THREADS="$threads" TF_NUM_INTEROP_THREADS=1
    say "Training single in the background; follow it with: tail -f $out/single.log"
    set -m # a process group of its own, so that the trap reaches all of it
    system single >"$out/single.log" 2>&1 &
    single=$!
    set +m
    trap 'kill -- "-$single" 2>/dev/null || true' EXIT
    system "${ensemble[@]}"
    wait "$single" || fail "training or evaluating the single network failed; see $out/single.log"
else
    system single
    system "${ensemble[@]}"
fi

if [[ "${worker:-0}" != 0 ]]; then
    say "Worker $worker is done; the chief writes $out/report.md"
    exit
fi

# The report is made aside and moved among the runs; its own last line would tell the way there.
be report "$out/evaluations/single" "$out/evaluations/batch-ensemble-$ensemble_size" \
    --out "$out/.report" | sed '$d'
mv -f "$out/.report/"* "$out/" && rmdir "$out/.report"
say "Read $out/report.md"
