#!/usr/bin/env bash
# Runs the contract of the layers, losses, metrics and conversion on PyTorch, Keras' third backend.
#
#   bash scripts/test_torch.sh                      all that is held to work there
#   bash scripts/test_torch.sh tests/be_keras/...   pytest with these arguments
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"
prepare_environment translation,vision,dev,torch
cd "$REPOSITORY"

export OMP_NUM_THREADS=1
if [[ $# -eq 0 ]]; then
    set -- tests/be_keras/contract tests/be_keras/test_backend.py tests/be_keras/test_losses.py \
        tests/be_keras/test_ensemble_model.py tests/be_keras/metrics tests/be_keras/convert
fi
KERAS_BACKEND=torch "$VENV_PYTHON" -m pytest --numprocesses 2 --dist loadfile "$@"
