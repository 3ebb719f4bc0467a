#!/usr/bin/env bash
# Make sure that TeX is there: latexmk, or tectonic, or Debian's packages (64 MB, about a minute).
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(
  texlive-latex-base texlive-latex-recommended texlive-fonts-recommended lmodern latexmk
)

have() { command -v "$1" >/dev/null; }

complete() { # latexmk is a script: it may be there without TeX behind it
  have latexmk && have pdflatex || have tectonic
}

complete && exit 0
if have apt-get; then
  . workflow/apt.sh
  apt_install "${packages[@]}" && complete && exit 0
fi
cat >&2 <<MESSAGE
tex: neither latexmk with pdflatex nor tectonic was found, and they could not be installed.
tex: Debian, Ubuntu:  apt-get install --no-install-recommends ${packages[*]}
tex: Fedora:          dnf install texlive-scheme-basic texlive-collection-latexrecommended latexmk
tex: macOS:           brew install tectonic
tex: conda:           conda env create -f envs/tex.yaml
tex: then run make again.
MESSAGE
exit 1
