"""The paper, compiled to the same bytes in any folder at any time."""

import os
import shutil
import subprocess
from pathlib import Path

from slth.frames import replacing
from slth.studies.printing.engine import engine

CLOCK = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}  # no date reaches the PDF


def compile_pdf(source: str | Path, pdf: str | Path, folder: str | Path, log: str | Path) -> None:
    """Compile ``source`` in its own folder and put the result at ``pdf``, whole or not at all.

    folder: for auxiliary files; emptied first, since a killed run may have left it half written.
    log: takes everything TeX printed. latexmk is used, or tectonic where there is no latexmk.
    Raises RuntimeError with the last lines of TeX's output, or naming what to install.
    """
    main, build = Path(source).resolve(), Path(folder).resolve()
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    done = subprocess.run(
        _command(main.name, build),
        cwd=main.parent,
        env=os.environ | CLOCK,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    Path(log).write_text(_last_pass(build / f"{main.stem}.log", done.stdout))
    made = build / f"{main.stem}.pdf"
    if done.returncode or not made.exists():
        tail = "\n".join(done.stdout.splitlines()[-30:])
        raise RuntimeError(f"{source}: TeX stopped with code {done.returncode}\n{tail}")
    with replacing(pdf) as part:
        shutil.copyfile(made, part)


def _command(name: str, build: Path) -> list[str]:
    found = engine()
    if found == "latexmk":
        quiet = ["-interaction=nonstopmode", "-halt-on-error", "-file-line-error"]
        return ["latexmk", "-norc", "-pdf", *quiet, f"-outdir={build}", name]
    if found == "tectonic":
        return ["tectonic", "--keep-logs", "--outdir", str(build), name]
    raise RuntimeError("neither latexmk with pdflatex nor tectonic is installed: run `make tex`")


def _last_pass(tex_log: Path, printed: str) -> str:
    """TeX's log of its last pass, which alone says what stayed undefined; else its output."""
    return tex_log.read_text(errors="replace") if tex_log.exists() else printed
