"""Several networks in one file: a zip of the .npz files of `save_network`."""

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from torch import nn

from slth.frames import replacing
from slth.networks.storage import load_network, save_network


def save_networks(path: str | Path, networks: Mapping[str, nn.Sequential]) -> None:
    """Write networks by name, in the mapping's order; same networks, same bytes.

    Raises what `save_network` raises. Cost: one temporary copy of the networks on disk.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        replacing(path) as part,
        zipfile.ZipFile(part, "w") as bundle,
    ):
        for name, network in networks.items():
            member = Path(folder) / f"{name}.npz"
            save_network(member, network)
            # a ZipInfo made by hand carries the fixed date 1980-01-01, not the file's
            bundle.writestr(zipfile.ZipInfo(member.name), member.read_bytes())


def load_networks(path: str | Path) -> dict[str, nn.Sequential]:
    """Read what `save_networks` wrote, in its order; no code is run.

    Raises FileNotFoundError, or ValueError naming the file when it is damaged or foreign.
    """
    networks = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as bundle:
                for name in bundle.namelist():
                    networks[Path(name).stem] = load_network(bundle.extract(name, folder))
        except FileNotFoundError:
            raise
        except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
            raise ValueError(f"{path}: not a readable bundle of networks ({error})") from None
    return networks
