"""Networks on disk: a zip of plain arrays and a JSON description; loading runs no code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from slth.frames import replacing
from slth.networks import archive, words

FORMAT = "slth network 1"  # raise the number when the description changes its meaning

OVERHEAD = 2**10  # bytes of the headers of an array, at most
DESCRIPTION = 2**22  # bytes of all words, four a letter: some 15 000 modules


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
    text = np.array(json.dumps({"format": FORMAT, "networks": described}))
    size = text.nbytes + sum(array.nbytes + OVERHEAD for array in arrays.values())
    if text.nbytes + OVERHEAD > DESCRIPTION or size > archive.LARGEST:
        raise ValueError(
            f"networks: {size:,} bytes with {text.nbytes:,} of description, takes at most "
            f"{archive.LARGEST:,} with {DESCRIPTION:,} a file; write several"
        )
    with replacing(_npz(path)) as part:
        np.savez(part, allow_pickle=False, description=text, **arrays)


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
    file = _npz(path)
    try:
        with archive.Archive(file) as held:
            description = json.loads(str(held.read("description", "U", DESCRIPTION)[()]))
            if description["format"] != FORMAT:
                raise ValueError(f"format {description['format']!r}, takes {FORMAT!r}")
            start = "" if under is None else f"{under}/"
            wanted = {
                str(j): (name.removeprefix(start), listed)
                for j, (name, listed) in enumerate(description["networks"].items())
                if name.startswith(start)
            }
            others = {str(j) for j in range(len(description["networks"]))} - set(wanted)
            others.add("description")
            names = [name for name in held.names if name.partition(".")[0] not in others]
            if strange := [name for name in names if name.partition(".")[0] not in wanted]:
                raise ValueError(f"arrays without a network: {', '.join(strange)[:200]}")
            arrays = {name: held.read(name) for name in names}
        networks = {
            name: nn.Sequential(
                *[words.restore(f"{j}.{i}", w, arrays) for i, w in enumerate(listed)]
            )
            for j, (name, listed) in wanted.items()
        }
        if arrays:
            raise ValueError(f"arrays without a module: {', '.join(arrays)[:200]}")
    except FileNotFoundError:
        raise
    except Exception as error:  # json, zipfile, numpy, torch: whatever its bytes happen to spell
        said = str(error).removeprefix(f"{file}: ")[:300]
        raise ValueError(
            f"{path}: not a readable network file ({type(error).__name__}: {said})"
        ) from None
    return networks


def _npz(path: str | Path) -> Path:
    out = Path(path)
    if out.suffix != ".npz":
        raise ValueError(f"path: got {str(path)!r}, takes a name that ends in .npz")
    return out
