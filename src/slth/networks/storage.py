"""Networks on disk: a zip of plain arrays and a JSON description; loading runs no code."""

import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from slth.frames import replacing
from slth.networks import words

FORMAT = "slth network 1"  # raise the number when the description changes its meaning

# what json, zipfile, numpy and torch raise on bytes that are not what they should be
DAMAGE: tuple[type[Exception], ...] = (ValueError, LookupError, TypeError, AttributeError)
DAMAGE += (RuntimeError, OSError, EOFError, struct.error, zipfile.BadZipFile)


def save_network(path: str | Path, network: nn.Sequential) -> None:
    """Write one network to an .npz, as `save_networks` does."""
    save_networks(path, {"network": network})


def save_networks(path: str | Path, networks: Mapping[str, nn.Sequential]) -> None:
    """Write Sequentials of the modules that `slth.networks.words` has words for to an .npz.

    The same networks give the same bytes; the file appears whole or not at all. Raises TypeError
    for another container and ValueError for a module the format has no word for.
    """
    described: dict[str, list] = {}
    arrays: dict[str, Any] = {}
    for j, (name, network) in enumerate(networks.items()):
        if not isinstance(network, nn.Sequential):
            raise TypeError(f"network: got {type(network).__name__}, takes a torch.nn.Sequential")
        described[str(name)] = [words.describe(module) for module in network]
        for i, module in enumerate(network):
            for key, tensor in module.state_dict().items():
                arrays[f"{j}.{i}.{key}"] = tensor.detach().cpu().numpy()
    text = json.dumps({"format": FORMAT, "networks": described})
    with replacing(_npz(path)) as part:
        np.savez(part, allow_pickle=False, description=np.array(text), **arrays)


def load_network(path: str | Path) -> nn.Sequential:
    """Read the one network of a file, as `load_networks` does; ValueError if it holds several."""
    networks = load_networks(path)
    if len(networks) != 1:
        raise ValueError(f"{path}: holds {len(networks)} networks, takes one; use load_networks")
    return next(iter(networks.values()))


def load_networks(path: str | Path, under: str | None = None) -> dict[str, nn.Sequential]:
    """Read what `save_networks` wrote. No pickle, no code: arrays and words only.

    under: read only the networks called ``under/name``, as ``name``. Raises FileNotFoundError, or
    ValueError naming the file when it is damaged or foreign.
    """
    try:
        with _npz(path).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            description = json.loads(str(file["description"]))
            if description["format"] != FORMAT:
                raise ValueError(f"format {description['format']!r}, takes {FORMAT!r}")
            start = "" if under is None else f"{under}/"
            wanted = {
                str(j): (name.removeprefix(start), listed)
                for j, (name, listed) in enumerate(description["networks"].items())
                if name.startswith(start)
            }
            others = {str(j) for j in range(len(description["networks"]))} - set(wanted)
            arrays = {n: file[n] for n in file.files if n.partition(".")[0] not in others}
        del arrays["description"]
        networks = {
            name: nn.Sequential(
                *[words.restore(f"{j}.{i}", w, arrays) for i, w in enumerate(listed)]
            )
            for j, (name, listed) in wanted.items()
        }
        if arrays:
            raise ValueError(f"arrays without a module: {', '.join(arrays)}")
    except FileNotFoundError:
        raise
    except DAMAGE as error:
        raise ValueError(f"{path}: not a readable network file ({error})") from None
    return networks


def _npz(path: str | Path) -> Path:
    out = Path(path)
    if out.suffix != ".npz":
        raise ValueError(f"path: got {str(path)!r}, takes a name that ends in .npz")
    return out
