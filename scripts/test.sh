#!/usr/bin/env bash
# Sets up, checks the style and runs the tests: the core on JAX, then everything on TensorFlow.
#
#   bash scripts/test.sh                              all of it
#   bash scripts/test.sh --quick                      what answers soon, on TensorFlow:
#                                                     style, architecture, documentation, tests of
#                                                     plain NumPy and Python, and a short way through
#                                                     each package
#   bash scripts/test.sh tests/translation -k beam    pytest with these arguments, once;
#                                                     KERAS_BACKEND=jax chooses the other backend
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"
prepare_environment translation,vision,dev
cd "$REPOSITORY"

# Two test processes share the machine, so each computes on one thread.
export TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1
export TF_CPP_MIN_LOG_LEVEL=2
# In the order of tests/conftest.py: by default files with few tests, often long ones, come last.
run_pytest() {
    "$VENV_PYTHON" -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder "$@"
}

quick=(
    tests/test_*.py
    tests/be_keras/metrics tests/be_keras/test_members.py tests/be_keras/contract/test_fit.py
    tests/be_tracks tests/experiments
    tests/translation/{data,reporting,synthetic,test_config.py}
    tests/translation/test_train.py::test_a_run_leaves_log_and_models
    tests/vision/{corruptions,data,reporting,test_config.py}
    tests/vision/test_evaluate.py::test_from_the_command_line
)

"$VENV_PYTHON" -m ruff check --quiet
"$VENV_PYTHON" -m mypy --no-error-summary
if [[ "${1:-}" == --quick ]]; then
    set -- "${quick[@]}" "${@:2}"
elif [[ $# -eq 0 ]]; then
    KERAS_BACKEND=jax run_pytest -m "not one_backend" tests/be_keras tests/be_tracks/runs
fi
KERAS_BACKEND="${KERAS_BACKEND:-tensorflow}" run_pytest "$@"
