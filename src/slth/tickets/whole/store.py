"""Whole tickets on disk: an .npz of plain arrays and a JSON description; loading runs no code."""

import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slth import checks
from slth.networks import graph
from slth.networks.network import Network
from slth.networks.storage import write_arrays
from slth.tickets.whole.building import MOST, WholeOptions
from slth.tickets.whole.effective import EffectiveLayer, effective_layer
from slth.tickets.whole.geometry import Geometry, geometry, nonnegative_values
from slth.tickets.whole.records import LayerRecord
from slth.tickets.whole.source import Feature, Source
from slth.tickets.whole.ticket import WholeTicket

FORMAT = "slth whole ticket 1"  # raise the number when the description changes its meaning
STEPS = {
    cls.__name__: cls
    for cls in (
        graph.Convolution, graph.Dense, graph.Activation, graph.MaxPool, graph.AvgPool, graph.Add,
        graph.Concatenation, graph.Flatten,
    )
}  # fmt: skip
KERNELS = ("plus", "minus", "constant")
COLUMNS = ("error", "target", "work", "proved", "kept", "candidates")


def save(path: str | Path, ticket: WholeTicket) -> None:
    """See `WholeTicket.save`. The same ticket gives the same bytes, whole or not at all."""
    arrays: dict[str, np.ndarray] = {}
    steps = [_described(i, step, arrays) for i, step in enumerate(ticket.target.steps)]
    layers = [_layer(i, record, ticket, arrays) for i, record in enumerate(ticket.records)]
    text = {
        "format": FORMAT,
        "construction": ticket.construction,
        "options": ticket.options,
        "settings": ticket.settings,
        "input_shape": list(ticket.target.input_shape),
        "steps": steps,
        "layers": layers,
    }
    write_arrays(path, np.array(json.dumps(text)), arrays, "ticket")


def _described(i: int, step: graph.Step, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    said: dict[str, Any] = {"step": type(step).__name__}
    for field in fields(step):
        value = getattr(step, field.name)
        if isinstance(value, Tensor):
            arrays[f"step.{i}.{field.name}"] = value.numpy()
        elif value is not None:
            said[field.name] = str(value) if value == float("inf") else value
    return said


def _layer(
    i: int, record: LayerRecord, ticket: WholeTicket, arrays: dict[str, np.ndarray]
) -> dict[str, Any]:
    name = record.geometry.name
    for part in KERNELS:
        kernel = getattr(ticket.layers[name], part)
        if kernel is not None:
            arrays[f"layer.{i}.{part}"] = kernel.numpy()
    arrays[f"layer.{i}.bits"] = np.concatenate([b.reshape(-1) for b in record.bits])
    arrays[f"layer.{i}.looked_at"] = np.array(record.looked_at, dtype=np.int64)
    for column in COLUMNS:
        arrays[f"layer.{i}.{column}"] = record.column(column)
    return {"name": name, "scale": record.geometry.scale, "solvers": record.solvers}


def restored(said: dict[str, Any], arrays: dict[str, np.ndarray]) -> WholeTicket:
    """The ticket of a file's description and arrays; those that are used are removed."""
    steps = tuple(_step(i, words, arrays) for i, words in enumerate(said["steps"]))
    network = Network(steps, tuple(said["input_shape"]))
    options = WholeOptions(**said["options"])
    signs = nonnegative_values(network, options.nonnegative_input)
    made = {}
    for words in said["layers"]:
        step = network.step(words["name"])
        if not isinstance(step, graph.Layer):
            raise ValueError(f"scales of {step.name!r}, which has no weights")
        made[step.name] = geometry(step, options.blocks, signs, _scale(words["scale"]))
    settings = said["settings"]
    seed, n = (
        checks.integer("seed", settings["seed"], 0),
        checks.integer("n", settings["n"], 1, MOST),
    )
    source = Source(seed, n, tuple(made.values()))
    layers, records = {}, []
    for i, (name, g) in enumerate(made.items()):
        layers[name] = _effective(i, network.step(name), g, arrays)
        records.append(_record(i, g, source, said["layers"][i]["solvers"], arrays))
    return WholeTicket(
        network, source, layers, records, said["options"], settings, said["construction"]
    )


def _scale(said: object) -> float | list[float]:
    """c, or one each group: powers of two."""
    each = said if isinstance(said, list) else [said]
    if not each or not all(type(c) is float and math.frexp(c)[0] == 0.5 for c in each):
        raise ValueError(f"scale {said}, takes powers of two")
    return said  # type: ignore[return-value]


def _step(i: int, words: dict[str, Any], arrays: dict[str, np.ndarray]) -> graph.Step:
    kind = STEPS[words.pop("step")]
    known = {field.name for field in fields(kind)}
    given: dict[str, Any] = {}
    for name, value in words.items():
        if name not in known:
            raise ValueError(f"step {i} with {name!r}")
        value = float(value) if value == "inf" else value
        given[name] = tuple(value) if isinstance(value, list) else value
    for name in ("weight", "bias"):
        if name in known and f"step.{i}.{name}" in arrays:
            given[name] = _tensor(arrays.pop(f"step.{i}.{name}"))
    return kind(**given)


def _effective(
    i: int, step: graph.Step, g: Geometry, arrays: dict[str, np.ndarray]
) -> EffectiveLayer:
    kernels = {part: arrays.pop(f"layer.{i}.{part}", None) for part in KERNELS}
    shapes = {"plus": g.weight.shape, "minus": g.weight.shape}
    shapes["constant"] = (len(g.weight), 1, *g.weight.shape[2:])
    wanted = {"plus": True, "minus": g.signed, "constant": g.biased}
    for part, kernel in kernels.items():
        if (kernel is not None) != wanted[part] or (
            kernel is not None and kernel.shape != shapes[part]
        ):
            raise ValueError(f"layer {g.name!r} with kernels of other shapes than its weights")
    assert isinstance(step, graph.Layer)
    return effective_layer(step, **{k: _finite(v) for k, v in kernels.items()})  # type: ignore[arg-type]


def _record(
    i: int, g: Geometry, source: Source, solvers: list[str], arrays: dict[str, np.ndarray]
) -> LayerRecord:
    features: list[Feature] = [f for q in range(g.groups) for f in source.features(g, q)]
    looked_at = [int(m) for m in arrays.pop(f"layer.{i}.looked_at")]
    bits, at = arrays.pop(f"layer.{i}.bits"), 0
    if bits.dtype != np.uint8 or not all(0 <= m <= 2 * source.n for m in looked_at):
        raise ValueError(f"layer {g.name!r} with masks of {bits.dtype}, or of more than 2n bits")
    record = LayerRecord(g, features, looked_at)
    for m in looked_at:
        size = g.blocks * -(-m // 8)
        if at + size > len(bits):
            break
        record.bits.append(bits[at : at + size].reshape(g.blocks, -(-m // 8)))
        at += size
    if at != len(bits) or not len(looked_at) == len(features) == len(solvers):
        raise ValueError(f"layer {g.name!r} with masks of other sizes than its pools")
    for column in COLUMNS:
        values = arrays.pop(f"layer.{i}.{column}")
        if values.shape != (g.problems,):
            raise ValueError(f"layer {g.name!r} with {len(values)} problems, takes {g.problems}")
        record.numbers[column] = list(values.reshape(len(features), -1))
    record.solvers = [str(solver) for solver in solvers]
    return record


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(_finite(values))


def _finite(values: np.ndarray | None) -> Any:
    if values is not None and not (values.dtype == np.float64 and np.isfinite(values).all()):
        raise ValueError(f"weights of {values.dtype}, or not finite; takes finite float64")
    return values
