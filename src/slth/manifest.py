"""results/manifest.json: what ran, on what, and the SHA-256 of everything it made.

``python -m slth.manifest`` recomputes the sums and compares.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from slth.bounded import read_json
from slth.digests import difference, digest
from slth.frames import replacing
from slth.provenance import config_hash, provenance

FORMAT = "slth manifest 1"
PATH = "results/manifest.json"


def write_manifest(
    path: str | Path,
    config: Mapping[str, Any],
    artifacts: Iterable[str | Path],
    source: Mapping[str, Any],
) -> None:
    """Write the manifest of a run: no clock, no host name, so the same run gives the same bytes.

    config: validated. artifacts: files, relative to the working directory. source: the checkout's
    commit (`slth.provenance.commit_of`).
    """
    names = sorted({Path(name).as_posix() for name in artifacts})
    text = json.dumps(
        {
            "format": FORMAT,
            **provenance(config),
            **source,
            "settings": config,
            "artifacts": {name: digest(name) for name in names},
        },
        indent=1,
        ensure_ascii=False,
    )
    with replacing(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def read_manifest(path: str | Path) -> dict[str, Any]:
    """Return a manifest; ValueError naming the file when it is damaged or foreign."""
    try:
        found = read_json(path)
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']!r}, takes {FORMAT!r}")
        if found["config"] != config_hash(found["settings"]):
            raise ValueError("the settings do not have the SHA-256 that stands beside them")
        if not all(isinstance(sha, str) for sha in found["artifacts"].values()):
            raise ValueError("artifacts without a SHA-256")
    except FileNotFoundError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: not a manifest ({error}); delete it and rerun") from None
    return found


def verify(path: str | Path = PATH) -> list[str]:
    """Return one line per fault: every artifact that is missing or not as the manifest says."""
    artifacts = read_manifest(path)["artifacts"]
    found = {name: difference(name, sha) for name, sha in artifacts.items()}
    return [f"{name}: {fault}" for name, fault in found.items() if fault]


def main(arguments: list[str]) -> int:
    """Print what differs; 0 when nothing does, else 1."""
    path = arguments[0] if arguments else PATH
    try:
        held = read_manifest(path)
        faults = verify(path)
    except FileNotFoundError:
        faults = [f"{path}: missing; a finished run writes it"]
    except ValueError as error:
        faults = [str(error)]
    for fault in faults:
        print(f"verify: {fault}", file=sys.stderr)
    if not faults:
        print(f"verify: {len(held['artifacts'])} artifacts are as {path} says")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
