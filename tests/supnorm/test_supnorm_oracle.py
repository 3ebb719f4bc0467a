"""Tiny networks: the exact sup, by a mixed-integer program over ReLU phases, is in the bracket."""

import numpy as np
import pytest
import torch
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from torch import nn

from slth import seeding
from slth.supnorm import exact
from tests.supnorm import supnorm_cases as cases
from tests.sweeps import swept


class Program:
    """Variables with bounds and equality/inequality rows, maximised by HiGHS."""

    def __init__(self):
        self.lo, self.hi, self.whole = [], [], []
        self.rows, self.low, self.high = [], [], []

    def variables(self, lo, hi, whole=False):
        start = len(self.lo)
        self.lo += list(lo)
        self.hi += list(hi)
        self.whole += [int(whole)] * len(lo)
        return np.arange(start, len(self.lo))

    def row(self, entries, low, high):
        self.rows.append(entries)
        self.low.append(low)
        self.high.append(high)

    def maximise(self, entries):
        size = len(self.lo)
        data = [(i, j, v) for i, row in enumerate(self.rows) for j, v in row.items()]
        i, j, v = zip(*data, strict=True)
        matrix = csr_array((v, (i, j)), shape=(len(self.rows), size))
        cost = np.zeros(size)
        for column, value in entries.items():
            cost[column] -= value
        out = milp(
            cost,
            integrality=np.array(self.whole),
            bounds=Bounds(self.lo, self.hi),
            constraints=LinearConstraint(matrix, self.low, self.high),
            options={"mip_rel_gap": 0.0},
        )
        assert out.status == 0
        return -out.fun


def encode(program, network, shape, inputs, lo, hi):
    """Add y = network(x): every affine module as its matrix, every ReLU by big-M phases."""
    names, low, high = inputs, lo, hi
    for module in network:
        size = int(np.prod(shape))
        if isinstance(module, nn.ReLU):
            out = program.variables(np.maximum(low, 0), np.maximum(high, 0))
            phase = program.variables(np.zeros(size), np.ones(size), whole=True)
            for x, y, a, m, top in zip(names, out, phase, low, high, strict=True):
                program.row({y: 1.0, x: -1.0}, 0.0, np.inf)
                program.row({y: 1.0, x: -1.0, a: -min(m, 0.0)}, -np.inf, -min(m, 0.0))
                program.row({y: 1.0, a: -max(top, 0.0)}, -np.inf, 0.0)
            names, low, high = out, np.maximum(low, 0), np.maximum(high, 0)
            continue
        with torch.no_grad():
            zero = module(torch.zeros(1, *shape, dtype=torch.float64))
            basis = torch.eye(size, dtype=torch.float64).reshape(size, *shape)
            matrix = (module(basis) - zero).flatten(1).T.numpy()
        shift, shape = zero.flatten().numpy(), tuple(zero.shape[1:])
        up, down = matrix.clip(min=0), matrix.clip(max=0)
        low, high = up @ low + down @ high + shift, up @ high + down @ low + shift
        out = program.variables(low - 1e-9, high + 1e-9)
        for y, weights, b in zip(out, matrix, shift, strict=True):
            program.row({y: 1.0} | {x: -w for x, w in zip(names, weights, strict=True) if w}, b, b)
        names = out
    return names


def program_value(case: cases.Case) -> float:
    size = int(np.prod(case.shape))
    lo, hi = np.full(size, case.box[0]), np.full(size, case.box[1])
    program = Program()
    x = program.variables(lo, hi)
    y = encode(program, case.f, case.shape, x, lo, hi)
    z = encode(program, case.g, case.shape, x, lo, hi)
    return max(
        program.maximise({a: sign, b: -sign})
        for a, b in zip(y, z, strict=True)
        for sign in (1.0, -1.0)
    )


def small(index: int) -> cases.Case:
    rng = seeding.generator(index, "oracle")
    if index % 2:
        f = nn.Sequential(cases.linear(rng, 3, 3, bias=True), nn.ReLU(), cases.linear(rng, 3, 2))
        shape: tuple[int, ...] = (3,)
    else:
        f = nn.Sequential(
            cases.conv(rng, 1, 2, 2), nn.ReLU(), nn.Flatten(), cases.linear(rng, 8, 1)
        )
        shape = (1, 3, 3)
    if index % 3 == 0:
        return cases.Case(f, cases.as_ticket(rng, f, copies=1, eps=0.05), shape, (-1.0, 1.0))
    return cases.Case(f, cases.perturbed(rng, f, 0.05), shape, (-1.0, 1.0))


@pytest.mark.parametrize("index", swept(range(8), 3))
def test_exact_value_lies_in_the_bracket(index):
    case = small(index)
    b, value = cases.solve(case, splits=4), program_value(case)
    assert b.lower <= value + 1e-6
    assert value <= b.upper + 1e-6
    assert b.lower >= 0.9 * value
    assert all(bound >= value - 1e-6 for bound in b.bounds.values())
    assert exact(case.f, case.g, case.box, case.shape) == pytest.approx(value, abs=1e-5)
