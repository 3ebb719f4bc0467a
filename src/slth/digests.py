"""SHA-256 of every result, recorded as it is written, so that a later change is noticed.

In a run of the workflow the variable ``SLTH_DIGESTS`` names the folder of the records: one a
result, a line that ``sha256sum --check`` reads. Outside a run nothing is recorded.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

VARIABLE = "SLTH_DIGESTS"
SUFFIX = ".sha256"


def digest(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal. Cost: one pass, constant memory."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shortened(paths: Iterable[str | Path], digits: int = 16) -> dict[str, str]:
    """Return the first ``digits`` hexadecimal digits of the SHA-256 of each file, by its path."""
    return {Path(path).as_posix(): digest(path)[:digits] for path in paths}


def record(target: Path, part: Path) -> None:
    """Note that ``target`` holds the bytes of ``part``, which is about to be moved there.

    The record comes first: a crash between the two leaves a file that does not match and is made
    again, never one that matches by mistake. Paths outside the working directory have no record.
    """
    folder = os.environ.get(VARIABLE)
    name = os.path.relpath(target)
    if not folder or name.startswith(os.pardir):
        return
    line = Path(folder, name + SUFFIX)
    line.parent.mkdir(parents=True, exist_ok=True)
    draft = line.with_name(f"{line.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(f"{digest(part)}  {name}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(line)
    finally:
        draft.unlink(missing_ok=True)


def changed(folder: str | Path) -> dict[str, str]:
    """Return the files that are not as their records in ``folder`` say, with what is wrong.

    Paths are relative to the working directory. Cost: each recorded file is read once.
    """
    faults = {name: difference(name, wanted) for name, wanted in recorded(folder)}
    return {name: fault for name, fault in faults.items() if fault}


def difference(path: str | Path, wanted: str) -> str:
    """Say how a file differs from one of SHA-256 ``wanted``; nothing when it does not."""
    try:
        got = digest(path)
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if got == wanted else f"damaged (SHA-256 {got[:12]}…, was {wanted[:12] or '?'}…)"


def recorded(folder: str | Path) -> Iterator[tuple[str, str]]:
    """Yield (path, SHA-256) of every record in ``folder``, sorted by path."""
    for line in sorted(Path(folder).rglob("*" + SUFFIX)):
        yield line.relative_to(folder).as_posix().removesuffix(SUFFIX), _recorded(line)


def _recorded(line: Path) -> str:
    """The SHA-256 in a record; empty, which no file has, when the record itself is damaged."""
    found = re.match(r"[0-9a-f]{64}(?=  )", line.read_text(encoding="utf-8", errors="replace"))
    return found[0] if found else ""
