# mypy: ignore-errors
"""Steps in random orders: scalings, paddings and sums meet in ways that nobody writes by hand."""

import copy

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from slth.networks import from_torch
from slth.seeding import generator

PLAIN = {
    "relu": F.relu,
    "written on": lambda x: F.relu(x * 1.5, inplace=True),
    "relu6": F.relu6,
    "leaky": lambda x: F.leaky_relu(x, 0.2),
    "pad": lambda x: F.pad(x, (1, 1, 1, 1)),
    "uneven": lambda x: F.pad(x, (0, 1, 2, 0)),
    "row means": lambda x: x.mean(2, keepdim=True),
    "max": lambda x: F.max_pool2d(x, 2, ceil_mode=True) if min(x.shape[2:]) > 1 else x,
    "average": lambda x: F.avg_pool2d(x, 2, 1, 1, count_include_pad=False),
    "picked": lambda x: x[:, :, ::2, ::3],
    "capped": lambda x: x.relu().clamp(max=1.0),
    "minus": lambda x: F.relu(x) - x * 0.5,
    "channels": lambda x: F.pad(x, (0, 0, 0, 0, 1, 0)),
}
WEIGHTED = ["convolution", "depthwise", "batch norm", "scale", "shift", "residual", "beside"]


class Random(nn.Module):
    """Up to nine steps on images (c, 9, 8), drawn from a seed."""

    def __init__(self, seed):
        super().__init__()
        rng = generator(seed, "random steps")
        torch.manual_seed(seed)
        self.given = c = int(rng.integers(1, 5))
        self.steps, self.parts = [], nn.ModuleList()
        for _ in range(int(rng.integers(2, 10))):
            kind = str(rng.choice([*WEIGHTED, *PLAIN]))
            part = self._part(kind, c, rng) if kind in WEIGHTED else nn.Identity()
            c = len(part.weight) if kind in ("convolution", "depthwise") else c
            c = c + 1 if kind == "channels" else 2 * c if kind == "beside" else c
            self.steps.append(kind)
            self.parts.append(part)
        self.head = nn.Linear(c, 3) if rng.random() < 0.6 else None

    def _part(self, kind, c, rng):
        if kind in ("convolution", "depthwise"):
            divisors = [d for d in range(1, c + 1) if c % d == 0]
            groups = c if kind == "depthwise" else int(rng.choice(divisors))
            out = groups * int(rng.integers(1, 3))
            size, bias = (1, 2, 3, (1, 3))[rng.integers(4)], bool(rng.integers(2))
            stride, dilation = (int(rng.choice([1, 1, 2])) for _ in range(2))
            return nn.Conv2d(c, out, size, stride, int(rng.integers(2)), dilation, groups, bias)
        if kind == "batch norm":
            part = nn.BatchNorm2d(c)
            part.running_mean.normal_()
            part.running_var.uniform_(0.3, 2)
            nn.init.uniform_(part.weight, -1.5, 1.5)
            nn.init.normal_(part.bias)
            return part
        if kind in ("scale", "shift"):
            return nn.ParameterList([nn.Parameter(torch.randn(c, 1, 1))])
        return nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        for kind, part in zip(self.steps, self.parts, strict=True):
            if kind in PLAIN:
                x = PLAIN[kind](x)
            elif kind == "scale":
                x = x * part[0]
            elif kind == "shift":
                x = part[0] - x
            elif kind == "residual":
                x = x + part(x.relu())
            elif kind == "beside":
                x = torch.cat([part(x), x], 1)
            else:
                x = part(x)
        return x if self.head is None else self.head(x.mean((-1, -2)))


@pytest.mark.parametrize("block", range(4))
def test_steps_in_any_order(block):
    read = 0
    for seed in range(15 * block, 15 * block + 15):
        with torch.random.fork_rng():
            module = Random(seed)
        x = torch.from_numpy(generator(seed, "inputs").normal(0, 3, (4, module.given, 9, 8)))
        try:
            with torch.no_grad():
                wanted = copy.deepcopy(module).double().eval()(x.clone())
        except RuntimeError:  # a kernel larger than its image
            with pytest.raises(ValueError, match=r"^module: .* takes a module that runs on them"):
                from_torch(module, (module.given, 9, 8))
            continue
        network = from_torch(module, (module.given, 9, 8))
        size = max(1.0, float(wanted.abs().max()))
        assert float((network(x) - wanted).abs().max()) <= 1e-11 * size, (seed, module.steps)
        with torch.no_grad():
            assert torch.equal(network.to_module()(x), network(x))
        read += 1
    assert read >= 10
