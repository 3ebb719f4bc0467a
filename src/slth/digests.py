"""SHA-256 of every result, recorded as it is written, so that a later change is noticed.

In a run of the workflow the variable ``SLTH_DIGESTS`` names the folder of the records: one a
result, which ``sha256sum --check`` reads. Outside a run nothing is recorded.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Record:
    """What is known of a result: its SHA-256, empty when the record is damaged, and its origin."""

    sha: str
    origin: Mapping[str, str] = field(default_factory=dict)


def record(target: Path, part: Path) -> None:
    """Note that ``target`` holds the bytes of ``part``, which is about to be moved there.

    The record comes first: a crash between the two leaves a file that does not match and is made
    again, never one that matches by mistake. Paths outside the working directory have no record.
    The origin is added when the job has ended (`slth.origins`): what a job wrote that did not end
    well, or that no run waits for any more, has none.
    """
    folder = os.environ.get(VARIABLE)
    name = os.path.relpath(target)
    if folder and not name.startswith(os.pardir):
        write_record(name, Record(digest(part)), folder)


def write_record(name: str, known: Record, folder: str | Path) -> None:
    """Write the record of the result ``name``: a comment a part of its origin, its SHA-256."""
    line = Path(folder, name + SUFFIX)
    line.parent.mkdir(parents=True, exist_ok=True)
    draft = line.with_name(f"{line.name}.{os.getpid()}")
    origin = "".join(f"# {part} {sha}\n" for part, sha in known.origin.items())
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(f"{origin}{known.sha}  {name}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(line)
    finally:
        draft.unlink(missing_ok=True)


def read_record(name: str, folder: str | Path) -> Record | None:
    """Return the record of the result ``name``, None where there is none."""
    return _read(Path(folder, name + SUFFIX))


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
        held = _read(line)
        if held is not None:
            yield line.relative_to(folder).as_posix().removesuffix(SUFFIX), held.sha


def _read(line: Path) -> Record | None:
    try:
        text = line.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError:
        return Record("")
    sha = re.search(r"^([0-9a-f]{64})  ", text, re.M)
    origin = re.findall(r"^# (\w+) ([0-9a-f]{64})$", text, re.M)
    return Record(sha[1] if sha else "", dict(origin))
