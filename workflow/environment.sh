#!/usr/bin/env bash
# Build the virtual environment named by the first argument from pyproject.toml, at the versions of constraints.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}
extras=${EXTRAS:-workflow,dev}
rm -f "$venv/.complete"

fail() {
  printf 'environment: %s\n' "$@" >&2
  exit 1
}

recent() { # is $1 a working Python that the pins have builds for?
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local name
  for name in ${PYTHON:-python3.11 python3 python3.12 python3.13}; do
    if recent "$name"; then
      echo "$name"
      return
    fi
  done
  fail "no Python >= 3.11 found (tried ${PYTHON:-python3.11, python3, python3.12, python3.13})." \
    "Install one (Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv)" \
    "or name it: make PYTHON=/path/to/python3.11 ..."
}

makes_environments() { # Debian ships venv without the ensurepip it needs
  "$1" -c 'import ensurepip, venv' 2>/dev/null
}

ensure_venv_module() {
  makes_environments "$1" && return
  local package
  package=$("$1" -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')
  if command -v apt-get >/dev/null; then
    . workflow/apt.sh
    apt_install "$package" && makes_environments "$1" && return
  fi
  fail "$1 cannot make virtual environments: install $package (or python3-venv), then run make again."
}

python=$(find_python)
ensure_venv_module "$python"

# An environment of another Python, or of a folder that was moved, is no use.
if [ -e "$venv" ] && ! recent "$venv/bin/python"; then
  rm -rf "$venv"
fi
[ -x "$venv/bin/pip" ] || "$python" -m venv "$venv"

# torch comes first and alone: exactly this version, before anything else can ask for another.
torch=$(grep -E '^torch==' constraints.txt)
"$venv/bin/python" -m pip install "$torch"
"$venv/bin/python" -m pip install -c constraints.txt -e ".[$extras]"
