"""Networks on disk: a zip of plain arrays and a JSON description; loading runs no code."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slth.frames import replacing
from slth.networks import archive, gate, words
from slth.networks.ties import places

FORMAT = "slth network 1"  # raise the number when the description changes its meaning

OVERHEAD = 2**10  # bytes of the headers of an array, at most
DESCRIPTION = 2**22  # bytes of all words, four a letter: some 15 000 modules


def save_network(path: str | Path, network: nn.Sequential) -> None:
    """Write one network to an .npz, as `save_networks` does.

    >>> import tempfile
    >>> net = slth.networks.build_dense_network([3, 4, 2])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     slth.networks.save_network(f"{folder}/net.npz", net)
    ...     read = slth.networks.load_network(f"{folder}/net.npz")
    >>> bool((read[1].weight == net[1].weight).all())
    True
    """
    _write(path, {"network": ("network", network)})


def save_networks(path: str | Path, networks: Mapping[str, nn.Sequential]) -> None:
    """Write Sequentials of the modules that `slth.networks.words` has words for to an .npz.

    The same networks give the same bytes; the file appears whole or not at all. Modules that share
    weights come back with a copy each. Raises, before it writes, TypeError for another container
    and ValueError for a module that the format has no word for or `slth.networks.gate` refuses.

    >>> import tempfile
    >>> nets = {name: slth.networks.build_dense_network([3, 2]) for name in ("a", "b")}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     slth.networks.save_networks(f"{folder}/nets.npz", nets)
    ...     list(slth.networks.load_networks(f"{folder}/nets.npz"))
    ['a', 'b']
    """
    if not isinstance(networks, Mapping):
        raise TypeError(f"networks: got {type(networks).__name__}, takes a mapping of networks")
    _write(path, {str(k): (f"networks[{k!r}]", network) for k, network in networks.items()})


def _write(path: str | Path, networks: Mapping[str, tuple[str, nn.Sequential]]) -> None:
    described, arrays = pack(networks)
    text = np.array(json.dumps({"format": FORMAT, "networks": described}))
    write_arrays(path, text, arrays, "networks")


def pack(
    networks: Mapping[str, tuple[str, nn.Sequential]],
) -> tuple[dict[str, list], dict[str, np.ndarray]]:
    """(words, arrays) of networks, given as (argument, network) by name; raises as saving does."""
    described: dict[str, list] = {}
    arrays: dict[str, np.ndarray] = {}
    for j, (name, (argument, network)) in enumerate(networks.items()):
        parts = gate.chain(argument, network, words.TAKES)
        gate.check_tensors(argument, network)
        described[name] = [words.describe(part) for part in parts]
        for i, part in enumerate(parts):
            for label, module in places(part.module, f"{j}.{i}"):
                for key, tensor in (*module._parameters.items(), *module._buffers.items()):
                    if tensor is not None:
                        arrays[f"{label}.{key}"] = _array(f"{part.at}: {key}", tensor)
    return described, arrays


def write_arrays(
    path: str | Path, text: np.ndarray, arrays: Mapping[str, np.ndarray], what: str
) -> None:
    """Write a description and arrays to an .npz, whole or not at all; the same give the same bytes.

    Raises ValueError naming ``what`` where they are more than a file may hold.
    """
    size = text.nbytes + sum(array.nbytes + OVERHEAD for array in arrays.values())
    if text.nbytes + OVERHEAD > DESCRIPTION or size > archive.LARGEST:
        raise ValueError(
            f"{what}: {size:,} bytes with {text.nbytes:,} of description, takes at most "
            f"{archive.LARGEST:,} with {DESCRIPTION:,} a file; write several"
        )
    if any(array.dtype.hasobject for array in arrays.values()):  # savez would pickle them
        raise TypeError(f"{what}: got an array of objects, takes arrays of numbers")
    with replacing(npz(path)) as file:
        np.savez(file, description=text, **arrays)  # type: ignore[arg-type]


def _array(name: str, tensor: Tensor) -> np.ndarray:
    if tensor.dtype == torch.bfloat16:
        raise ValueError(f"{name}: got bfloat16, which numpy lacks; takes float32: .float()")
    return tensor.detach().cpu().numpy()


def load_network(path: str | Path) -> nn.Sequential:
    """Read the one network of a file, as `load_networks` does; ValueError if it holds several.

    >>> import tempfile
    >>> net = slth.networks.build_dense_network([3, 2])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     slth.networks.save_network(f"{folder}/net.npz", net)
    ...     slth.networks.load_network(f"{folder}/net.npz")
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=3, out_features=2, bias=False)
    )
    """
    networks = load_networks(path)
    if len(networks) != 1:
        raise ValueError(f"{path}: holds {len(networks)} networks, takes one; use load_networks")
    return next(iter(networks.values()))


def load_networks(path: str | Path, under: str | None = None) -> dict[str, nn.Sequential]:
    """Read what `save_networks` wrote. No pickle, no code: arrays and words only.

    under: read only the networks called ``under/name``, as ``name``. Raises FileNotFoundError, or
    ValueError naming the file when it is damaged or foreign.

    >>> import tempfile
    >>> net = slth.networks.build_dense_network([3, 2])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     slth.networks.save_networks(f"{folder}/nets.npz", {"small/a": net, "c": net})
    ...     list(slth.networks.load_networks(f"{folder}/nets.npz", under="small"))
    ['a']
    """
    with reading(path, "not a readable network file") as held:
        description = described(held, FORMAT)
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
        networks = {name: unpack(j, listed, arrays) for j, (name, listed) in wanted.items()}
        if arrays:
            raise ValueError(f"arrays without a module: {', '.join(arrays)[:200]}")
    return networks


@contextmanager
def reading(path: str | Path, damaged: str) -> Iterator[archive.Archive]:
    """Open an .npz that `write_arrays` wrote, for as long as it is read and understood.

    Raises FileNotFoundError; whatever else goes wrong inside is a ValueError that names the file
    and says ``damaged``, with the words of the cause.
    """
    file = npz(path)
    try:
        with archive.Archive(file) as held:
            yield held
    except FileNotFoundError:
        raise
    except Exception as error:  # json, zipfile, numpy, torch: whatever its bytes happen to spell
        said = str(error).removeprefix(f"{file}: ")[:300]
        raise ValueError(f"{path}: {damaged} ({type(error).__name__}: {said})") from None


def described(held: archive.Archive, *formats: str) -> dict[str, Any]:
    """The description of a file in one of ``formats``; ValueError for another."""
    said: dict[str, Any] = json.loads(str(held.read("description", "U", DESCRIPTION)[()]))
    if said["format"] not in formats:
        raise ValueError(f"format {said['format']!r}, takes {', '.join(map(repr, formats))}")
    return said


def other_arrays(held: archive.Archive) -> dict[str, np.ndarray]:
    """All arrays of a file but its description, by name."""
    return {name: held.read(name) for name in held.names if name != "description"}


def unpack(at: str, listed: list, arrays: dict[str, np.ndarray]) -> nn.Sequential:
    """The network that words and arrays keyed from ``at`` stand for; used arrays are removed."""
    return nn.Sequential(*[words.restore(f"{at}.{i}", w, arrays) for i, w in enumerate(listed)])


def npz(path: str | Path) -> Path:
    """The path, if its name ends in .npz; TypeError or ValueError otherwise."""
    if not isinstance(path, (str, Path)):
        raise TypeError(f"path: got {type(path).__name__}, takes a name that ends in .npz")
    out = Path(path)
    if out.suffix != ".npz":
        raise ValueError(f"path: got {str(path)!r}, takes a name that ends in .npz")
    return out
