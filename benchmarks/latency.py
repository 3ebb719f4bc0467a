"""Time a ticket stored in several ways: python -m benchmarks.latency --out FILE [--quick].

One target layer, c to c channels, imitated by a random pair U, V with c·2n hidden channels. Of the
same random network are kept: everything (dense); single weights of V, zeros stored (masked) or V
compressed by rows (csr: torch's sparse product with the unfolded input, an image at a time); or as
many weights in whole hidden channels, stored with zeros (blocked) or as the smaller network that
`slth` returns (shrunk). Latency depends on the pattern, not on what a subset problem would choose,
so that patterns are drawn at random with equal numbers of kept weights. All forms run in turn in
every round, after a warm-up, and a ratio is to the dense network's time in the same round. Numbers
are float32; outputs are checked against the masked network's. `benchmarks.latency_real` then times
tickets of a trained network at equal error.
"""

import argparse
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from benchmarks import latency_real
from benchmarks.run import machine
from benchmarks.timing import compressed, peak, quartiles, stored, timed
from slth import seeding
from slth.frames import replacing
from slth.networks import ChannelScale, convolution

SEED = 20_260_102
KERNEL = 3
Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """channels: of the target layer, in and out. side: of its images. n: hidden = 2n·channels."""

    channels: int
    side: int
    n: int
    kept: tuple[float, ...]
    batches: tuple[int, ...]
    threads: tuple[int, ...]
    repeats: int


FULL = (  # some three minutes
    Size(64, 32, 2, (0.5, 0.1, 0.02), (1,), (1, 2), 31),
    Size(64, 32, 2, (0.5, 0.1, 0.02), (64,), (1, 2), 5),
)
QUICK = (Size(4, 6, 2, (0.5, 0.1), (1, 3), (1, 2), 3),)


class Csr(nn.Module):
    """ChannelScale, ReLU and a convolution whose weight is compressed by rows."""

    def __init__(self, scale: ChannelScale, weight: Tensor) -> None:
        super().__init__()
        self.scale, self.k, self.matrix = scale, weight.shape[-1], compressed(weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c, side, side) to the same shape, an image at a time."""
        return torch.cat([self._image(image) for image in x.split(1)])

    def _image(self, x: Tensor) -> Tensor:
        hidden = torch.relu_(self.scale(x))
        columns = F.unfold(hidden, self.k, padding=self.k // 2)[0]
        return (self.matrix @ columns).view(1, -1, *x.shape[2:])


@dataclass(frozen=True)
class Form:
    """One way to store one ticket. weights: numbers kept. stored: bytes of weights and indices."""

    name: str
    kept: float
    module: nn.Module
    weights: int
    stored: int
    error: float


def forms(size: Size) -> list[Form]:
    """Every form of the tickets of one random network."""
    c, hidden, pad = size.channels, 2 * size.n * size.channels, (KERNEL // 2, KERNEL // 2)
    rng = seeding.generator(SEED, "latency", c, size.side, size.n)
    U = _normal(rng, hidden, c, 1, 1)
    V = _normal(rng, c, hidden, KERNEL, KERNEL)
    block = torch.arange(hidden) // (hidden // c)
    a = U[torch.arange(hidden), block, 0, 0]
    grouped = torch.zeros_like(U).index_put_((torch.arange(hidden), block), a[:, None, None])
    x = _normal(rng, 2, c, size.side, size.side)
    target = convolution(_normal(rng, c, c, KERNEL, KERNEL), (1, 1), pad)
    whole = nn.Sequential(convolution(U), nn.ReLU(inplace=True), convolution(V, (1, 1), pad))
    found = [_form("target", 1.0, target), _form("dense", 1.0, whole)]
    for kept in size.kept:
        count = max(1, round(kept * hidden))
        single = _mask(rng, V.numel(), count * V[:, 0].numel()).view(V.shape)
        masked = nn.Sequential(
            convolution(grouped), nn.ReLU(inplace=True), convolution(V * single, (1, 1), pad)
        )
        scale = ChannelScale(a, block)
        weights = hidden + int(single.sum())
        found.append(_form("masked", kept, masked, weights))
        csr = Csr(scale, V * single)
        found.append(_form("csr", kept, csr, weights, masked, x))
        channels = torch.nonzero(_mask(rng, hidden, count)).flatten()
        chosen = torch.zeros(hidden)
        chosen[channels] = 1.0
        zeros = nn.Sequential(
            convolution(grouped * chosen[:, None, None, None]),
            nn.ReLU(inplace=True),
            convolution(V * chosen[None, :, None, None], (1, 1), pad),
        )
        small = nn.Sequential(
            ChannelScale(a[channels], block[channels]),
            nn.ReLU(inplace=True),
            convolution(V[:, channels], (1, 1), pad),
        )
        weights = count + V[:, channels].numel()
        found += [_form("blocked", kept, zeros, weights)]
        found += [_form("shrunk", kept, small, weights, zeros, x)]
    return found


def _normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))


def _mask(rng: np.random.Generator, size: int, count: int) -> Tensor:
    mask = np.zeros(size, dtype=bool)
    mask[rng.permutation(size)[:count]] = True
    return torch.from_numpy(mask)


def _form(
    name: str,
    kept: float,
    module: nn.Module,
    weights: int | None = None,
    same: nn.Module | None = None,
    x: Tensor | None = None,
) -> Form:
    """Describe a form; its error is relative to the outputs of ``same``, which it must equal."""
    module = module.requires_grad_(False).eval()
    own = sum(p.numel() for p in module.parameters())
    error = 0.0
    if same is not None and x is not None:
        wanted = same(x)
        error = float((module(x) - wanted).abs().max() / wanted.abs().max())
        if not error < 1e-4:
            raise ArithmeticError(f"{name}, kept {kept}: outputs differ by {error:.1e}")
    return Form(name, kept, module, own if weights is None else weights, stored(module), error)


def measure(size: Size) -> Iterator[Row]:
    """Rows of one size: every form, batch and number of threads."""
    made = forms(size)
    hidden = 2 * size.n * size.channels
    before = torch.get_num_threads()
    for batch, threads in itertools.product(size.batches, size.threads):
        torch.set_num_threads(threads)
        rng = seeding.generator(SEED, "latency input", batch)
        x = _normal(rng, batch, size.channels, size.side, size.side)
        peaks = [peak(form.module, x) for form in made]  # the warm-up as well
        seconds = np.array([[timed(form.module, x) for form in made] for _ in range(size.repeats)])
        base = [form.name for form in made].index("dense")
        median, low, middle, high = quartiles(seconds, base)
        for i, form in enumerate(made):
            yield {
                "form": form.name, "kept": form.kept, "channels": size.channels, "hidden": hidden,
                "kernel": KERNEL, "side": size.side, "batch": batch, "threads": threads,
                "seconds": float(median[i]), "ratio": float(middle[i]),
                "low": float(low[i]), "high": float(high[i]), "repeats": size.repeats,
                "weights": form.weights, "stored": form.stored, "peak": peaks[i],
                "error": form.error,
            }  # fmt: skip
        print(f"{size.channels} channels, batch {batch}, {threads} threads: done", flush=True)
    torch.set_num_threads(before)


def main() -> None:
    """Parse the arguments, run, write one JSON file, whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/benchmark/latency.json"))
    parser.add_argument("--quick", action="store_true", help="seconds: checks that it runs")
    chosen = parser.parse_args()
    rows = [row for size in (QUICK if chosen.quick else FULL) for row in measure(size)]
    versions = {name: version(name) for name in ("torch", "numpy", "slth")}
    head = json.dumps({"machine": machine(), "versions": versions})[:-1]
    real = list(latency_real.measure(latency_real.QUICK if chosen.quick else latency_real.FULL))
    lines, more = (",\n".join(json.dumps(row) for row in part) for part in (rows, real))
    text = f'{head}, "rows": [\n{lines}\n], "real": [\n{more}\n]}}\n'
    with replacing(chosen.out) as part:
        part.write_text(text, encoding="utf-8")
    print(f"{chosen.out}: {len(rows)} rows of one layer, {len(real)} of a trained network")


if __name__ == "__main__":
    main()
