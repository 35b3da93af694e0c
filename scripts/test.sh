#!/usr/bin/env bash
# Sets up, checks the style and runs the tests: the core on JAX, then everything on TensorFlow.
#
#   bash scripts/test.sh                              all of it
#   bash scripts/test.sh tests/translation -k beam    pytest with these arguments, once;
#                                                     KERAS_BACKEND=jax chooses the other backend
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"
prepare_environment translation,vision,dev
cd "$REPOSITORY"

# Two test processes share the machine, so each computes on one thread.
export TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1
export TF_CPP_MIN_LOG_LEVEL=2
run_pytest() { "$VENV_PYTHON" -m pytest --numprocesses 2 --dist loadfile "$@"; }

"$VENV_PYTHON" -m ruff check --quiet
"$VENV_PYTHON" -m mypy --no-error-summary
if [[ $# -eq 0 ]]; then
    KERAS_BACKEND=jax run_pytest tests/be_keras tests/be_tracks
fi
KERAS_BACKEND="${KERAS_BACKEND:-tensorflow}" run_pytest "$@"
