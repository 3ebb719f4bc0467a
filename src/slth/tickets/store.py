"""Tickets on disk: an .npz of plain arrays and a JSON description; loading runs no code."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from slth.networks.storage import described, other_arrays, pack, reading, unpack, write_arrays
from slth.tickets.methods import TicketMethods
from slth.tickets.ticket import Ticket
from slth.tickets.whole import store as whole

FORMAT = "slth ticket 1"  # raise the number when the description changes its meaning
NETWORKS = ("target", "source", "ticket")
WORDS = ("sign", "solver", "status")  # columns of few different words


def save(path: str | Path, ticket: Ticket) -> None:
    """Write a ticket of one of the constructions; the same ticket gives the same bytes.

    Raises ValueError for networks with modules that `slth.networks.save_networks` has no word for.
    """
    networks, arrays = pack({name: (name, getattr(ticket, name)) for name in NETWORKS})
    for name, mask in ticket.keep.items():
        arrays[f"keep.{name}"] = np.packbits(mask.numpy())
    table, categories = ticket.solutions, {}
    for column in table.columns.drop("subset"):
        values = table[column]
        if column in WORDS:
            codes, known = pd.factorize(values, sort=True)
            categories[column] = [str(word) for word in known]
            arrays[f"solutions.{column}"] = codes.astype(np.int16)
        else:
            arrays[f"solutions.{column}"] = values.to_numpy()
    subsets = [np.asarray(subset, dtype=np.int64) for subset in table["subset"]]
    arrays["subsets.ends"] = np.cumsum([len(subset) for subset in subsets])
    arrays["subsets"] = np.concatenate([*subsets, np.zeros(0, np.int64)])
    text = {
        "format": FORMAT,
        "construction": ticket.construction,
        "options": dict(ticket.options),
        "parameters": ticket.parameters,
        "networks": networks,
        "keep": list(ticket.keep),
        "columns": list(table.columns),
        "categories": categories,
    }
    write_arrays(path, np.array(json.dumps(text)), arrays, "ticket")


def load(path: str | Path) -> TicketMethods:
    """Read a ticket that its ``save`` wrote: arrays and words only, no code is run.

    Returns a `Ticket` or a `WholeTicket`. Raises FileNotFoundError, or ValueError naming the file
    when it is damaged or foreign.

    >>> import tempfile
    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> ticket = slth.tickets.build("rss_dense", net, n=12)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ticket.save(f"{folder}/ticket.npz")
    ...     slth.tickets.load(f"{folder}/ticket.npz") == ticket
    True
    """
    with reading(path, "not a readable ticket") as held:
        said = described(held, FORMAT, whole.FORMAT)
        arrays = other_arrays(held)
        restore = _restored if said["format"] == FORMAT else whole.restored
        ticket: TicketMethods = restore(said, arrays)
        if arrays:
            raise ValueError(f"arrays without a use: {', '.join(arrays)[:200]}")
    return ticket


def _restored(said: dict[str, Any], arrays: dict[str, np.ndarray]) -> Ticket:
    networks = {
        name: unpack(str(j), said["networks"][name], arrays) for j, name in enumerate(NETWORKS)
    }
    shapes = {name: p.shape for name, p in networks["source"].named_parameters()}
    keep = {}
    for name in said["keep"]:
        bits, count = arrays.pop(f"keep.{name}"), shapes[name].numel()
        if bits.dtype != np.uint8 or bits.shape != (-(-count // 8),):
            raise ValueError(
                f"a mask of {name} of {bits.shape} {bits.dtype}, takes {-(-count // 8)} bytes for "
                f"{count} weights"
            )
        kept = np.unpackbits(bits, count=count).astype(bool)
        keep[name] = torch.from_numpy(kept.reshape(shapes[name]))
    table: dict[str, Any] = {}
    for column in said["columns"]:
        if column == "subset":
            ends = arrays.pop("subsets.ends")
            parts = np.split(arrays.pop("subsets"), ends[:-1])
            table[column] = pd.Series(parts[: len(ends)], dtype=object)
            continue
        values = arrays.pop(f"solutions.{column}")
        known = said["categories"].get(column)
        table[column] = values if known is None else pd.Series([known[i] for i in values])
    return Ticket(
        said["construction"], said["options"], networks["target"], networks["source"], keep,
        networks["ticket"], pd.DataFrame(table), said["parameters"],
    )  # fmt: skip
