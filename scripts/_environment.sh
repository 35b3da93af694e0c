# Sourced by the other scripts: a virtual environment with the package installed in it.
#
#   PYTHON   the interpreter to make it with; default: the first of Python 3.11 to 3.13 found
#   VENV     where it lies; default: .venv in the repository
#
# prepare_environment EXTRA[,EXTRA...] makes it, or finds it made, and sets VENV_PYTHON. A stamp in
# it names the extras that were installed from this state of the checkout.
# What it has to say goes to standard error, so that a script's own output stays clean.
# The script that sources this has set -euo pipefail.

REPOSITORY="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '%s\n' "$*" >&2; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Prints the interpreter to use. TensorFlow has no build for a Python outside the range.
find_python() {
    local candidate candidates=(python3 python3.13 python3.12 python3.11)
    if [[ -n "${PYTHON:-}" ]]; then candidates=("$PYTHON"); fi
    for candidate in "${candidates[@]}"; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
            2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed; looked for ${candidates[*]} and found" \
        "$("${candidates[0]}" --version 2>/dev/null || printf nothing)." \
        "Install one, or name it: PYTHON=/path/to/python3.11 bash ${0}"
}

make_venv() {
    local python
    if [[ -e "$VENV" && ! -e "$VENV/pyvenv.cfg" ]]; then
        fail "$VENV exists and is no virtual environment. Move it away, or name another place: VENV=DIR"
    fi
    python="$(find_python)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        fail "$python cannot make virtual environments: its venv and pip modules are missing." \
            "On Debian and Ubuntu: apt install python3-venv"
    fi
    say "Making a virtual environment in $VENV"
    "$python" -m venv "$VENV" \
        || fail "$VENV could not be made. Remove what is there, or name another place: VENV=DIR"
}

# Prints what an installation depends on: the place of the checkout, and its requirements.
checkout_state() {
    printf '%s\n' "$REPOSITORY $(cat "$REPOSITORY/setup.cfg" "$REPOSITORY/pyproject.toml" | cksum)"
}

# Tells whether all the extras named were installed together from this state of the checkout.
is_installed() {
    local extra installed stamp state
    state="$(checkout_state)"
    for stamp in "$VENV"/be_keras-*.stamp; do
        if [[ ! -e "$stamp" || "$(cat "$stamp")" != "$state" ]]; then continue; fi
        installed="${stamp##*/be_keras-}"
        for extra in ${1//,/ }; do
            if [[ ",${installed%.stamp}," != *",$extra,"* ]]; then continue 2; fi
        done
        return 0
    done
    return 1
}

prepare_environment() {
    local extras="$1" start="$SECONDS"
    VENV="${VENV:-$REPOSITORY/.venv}"
    if [[ "$VENV" != /* ]]; then VENV="$PWD/$VENV"; fi
    VENV_PYTHON="$VENV/bin/python"
    if is_installed "$extras"; then return; fi

    if ! "$VENV_PYTHON" -m pip --version >/dev/null 2>&1; then make_venv; fi
    say "Installing be_keras[$extras] into $VENV: once, 1 to 5 minutes, up to 0.9 GB to download"
    "$VENV_PYTHON" -m pip install --quiet --disable-pip-version-check \
        --editable "$REPOSITORY[$extras]" \
        || fail "the installation stopped (see above). It needs network access and 4 GB of disk;" \
            "the same command again goes on."
    checkout_state >"$VENV/be_keras-$extras.stamp"
    say "Installed in $((SECONDS - start)) seconds"
}
