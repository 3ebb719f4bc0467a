"""Which TeX is installed: looked for before a run computes, and by the job that compiles."""

import shutil
import sys

ENGINES = {"latexmk": ("latexmk", "pdflatex"), "tectonic": ("tectonic",)}  # and what each needs


def engine() -> str | None:
    """Return "latexmk" or "tectonic", whichever is whole; None without TeX."""
    for name, programs in ENGINES.items():
        if all(shutil.which(program) for program in programs):
            return name
    return None


def require_engine() -> None:
    """Say what to do and exit with 1 where there is no TeX: hours of jobs would end in no paper."""
    if engine() is None:
        print(
            "tex: neither latexmk with pdflatex nor tectonic is installed, and this run compiles "
            "the paper; run `make tex`, or ask for results only: "
            "snakemake --cores all --omit-from compile_paper",
            file=sys.stderr,
        )
        sys.exit(1)
