"""The paper, compiled to the same bytes in any folder at any time."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from slth.frames import replacing
from slth.studies.printing.engine import engine

CLOCK = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}  # no date reaches the PDF


def compile_pdf(source: str | Path, pdf: str | Path, folder: str | Path, log: str | Path) -> None:
    """Compile ``source`` and put the result at ``pdf``, whole or not at all.

    folder: emptied, since a killed run may have left it half written, then given a copy of the
    folder of ``source``, in which TeX is run: latexmk hands the paths it is given to a shell, so it
    is given none. log: takes everything TeX printed. latexmk is used, or tectonic where there is no
    latexmk. Raises RuntimeError with the last lines of TeX's output, or naming what to install.
    """
    main, build = Path(source), Path(folder)
    command = [*_command(), main.name]
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(main.parent, build, ignore=_left_behind(main))
    done = subprocess.run(
        command,
        cwd=build,
        env=os.environ | CLOCK,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        errors="replace",
        check=False,
        encoding="utf-8",
    )
    printed = _last_pass(build / f"{main.stem}.log", done.stdout)
    Path(log).write_text(printed, encoding="utf-8")
    made = build / f"{main.stem}.pdf"
    if done.returncode or not made.exists():
        tail = "\n".join(done.stdout.splitlines()[-30:])
        raise RuntimeError(f"{source}: TeX stopped with code {done.returncode}\n{tail}")
    with replacing(pdf) as part:
        shutil.copyfile(made, part)


def _left_behind(main: Path) -> Callable[[str, list[str]], list[str]]:
    """What is not copied: hidden files, and all that TeX made of ``main`` beside it."""

    def ignored(folder: str, names: list[str]) -> list[str]:
        beside = Path(folder) == main.parent
        made = {name for name in names if beside and name.startswith(f"{main.stem}.")} - {main.name}
        return [name for name in names if name in made or name.startswith(".")]

    return ignored


def _command() -> list[str]:
    found = engine()
    if found == "latexmk":
        quiet = ["-interaction=nonstopmode", "-halt-on-error", "-file-line-error"]
        return ["latexmk", "-norc", "-pdf", *quiet]
    if found == "tectonic":
        return ["tectonic", "--keep-logs"]
    raise RuntimeError("neither latexmk with pdflatex nor tectonic is installed: run `make tex`")


def _last_pass(tex_log: Path, printed: str) -> str:
    """TeX's log of its last pass, which alone says what stayed undefined; else its output."""
    return tex_log.read_text(encoding="utf-8", errors="replace") if tex_log.exists() else printed
