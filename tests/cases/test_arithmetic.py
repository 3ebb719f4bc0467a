"""Weights, boxes and processors at the ends of float64: every bound against exact arithmetic."""

import ctypes
import itertools
import math
import platform
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding
from slth.networks.modules import ChannelScale
from slth.supnorm import bracket, bracket_around, exact, rounding
from slth.supnorm.arithmetic import FloatRangeError
from slth.supnorm.bounds.intervals import interval_bound
from slth.supnorm.exact_sums import dot, two_product, two_sum
from slth.supnorm.ranges import Range
from slth.supnorm.signed import _allowed, _Blocked, aligned, merged_sums
from slth.supnorm.units import Units
from tests.solvers import rational
from tests.supnorm import supnorm_cases as cases
from tests.supnorm.test_supnorm_edges import exactly
from tests.sweeps import swept

WORK: dict[str, Any] = {"samples": 8, "restarts": 1, "steps": 2, "splits": 4}
BELOW = 1 - Fraction(1, 10**9)  # what the search for the lower end is asked to reach of the value


def dense(*weights, bias=None):
    modules = []
    for rows in weights:
        weight = torch.tensor(rows, dtype=torch.float64)
        layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64, bias=False)
        layer.weight.data = weight
        modules += [layer, nn.ReLU()]
    if bias is not None:
        modules[-2].bias = nn.Parameter(torch.tensor(bias, dtype=torch.float64))
    return nn.Sequential(*modules[:-1])


def check(f, g, ends=(-1.0, 1.0), **work):
    """Every bound is at least the exact value and the lower end at most; the bracket."""
    value = rational.largest(f, g, ends)
    found = bracket(f, g, ends, **(WORK | work))
    for name, bound in found.bounds.items():
        assert not math.isnan(bound), name
        assert bound == math.inf or Fraction(bound) >= value, (name, bound, float(value))
    assert Fraction(found.lower) <= value + Fraction(found.evaluation)
    above, _ = interval_bound(f, g, ends)
    assert Fraction(above) >= value
    return found, value


# ordinary outputs of unusual weights


@pytest.mark.parametrize("size", [6e-305, 3e-290, 1e-306])
def test_crown_of_weights_that_undo_each_other(size):
    back = 1 / size / 8  # an upper end of 69.1 was given where 144 is reached
    f = dense([[size], [-size]], [[8 * 48 * back, 8 * 48 * back]])
    g = dense([[size], [-size]], [[-8 * 96 * back, -8 * 96 * back]])
    found, value = check(f, g)
    assert found.upper <= 1.2 * float(value)


def test_products_that_underflow_before_a_large_weight():
    f = dense([[1e-162]], [[1e-162]], [[1e300]])
    g = dense([[2e-162]], [[1e-162]], [[1e300]])
    found, value = check(f, g)
    assert found.upper == pytest.approx(float(value), rel=1e-9)
    assert Fraction(found.evaluation) >= value  # the modules themselves return 0


def test_both_layers_huge():
    f, g = dense([[1e150]], [[1e150]]), dense([[2e150]], [[1e150]])
    found, value = check(f, g)
    assert found.lower >= BELOW * value
    assert found.upper == pytest.approx(1e300, rel=1e-9)
    assert exact(f, g) == pytest.approx(1e300, rel=1e-5)


@pytest.mark.parametrize("weight", [1e308, 1.7e308])
def test_what_overflows_is_refused_by_name(weight):
    f, g = dense([[weight]]), dense([[-weight]])
    for call in (bracket, interval_bound, exact):
        with pytest.raises(FloatRangeError, match=r"^f, g: got networks whose .*overflow"):
            call(f, g)
    assert issubclass(FloatRangeError, ValueError)
    assert issubclass(FloatRangeError, ArithmeticError)


def test_a_neuron_far_below_its_layer():
    f = dense([[1e-300], [1e300]], [[1e300, 1e-300]])
    g = dense([[1.1e-300], [1e300]], [[1e300, 1e-300]])
    found, value = check(f, g)
    assert found.upper == pytest.approx(float(value), rel=1e-9)
    assert exact(f, g) == pytest.approx(float(value), rel=1e-5)


def test_huge_weights_behind_a_neuron_that_is_never_on():
    f = dense([[0.0], [1.0]], [[1e308, 1.0]], [[1e8]])
    g = dense([[0.0], [1.0]], [[-1e308, 2.0]], [[1e8]])
    found, value = check(f, g)
    assert found.upper == pytest.approx(float(value), rel=1e-9)


@pytest.mark.parametrize("side", [5e-324, 1e-310, 1e-200, 1e200, 1e307])
def test_boxes_of_any_size(side):
    f, g = dense([[0.5], [-0.25]], [[1.0, 1.0]]), dense([[0.25], [-0.5]], [[1.0, 1.0]])
    found, value = check(f, g, (-side, side))
    assert Fraction(found.lower) >= BELOW * value - Fraction(found.evaluation)
    assert found.upper <= 1.6 * float(value) + 1e-322


# random pairs, layers and neurons measured anew


def drawn(rng, depth, bias):
    sizes = [1, *(int(k) for k in rng.integers(1, 4, depth - 1)), 2]
    modules = []
    for a, b in itertools.pairwise(sizes):
        modules += [cases.linear(rng, a, b, bias), nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def rescaled(network, units):
    """The same function in other units: an activation of layer i times 2^units[i], exactly."""
    again = cases.perturbed(seeding.generator(0, "nothing"), network, 0.0)
    layers = [module for module in again if isinstance(module, nn.Linear)]
    for layer, before, after in zip(layers, units[:-1], units[1:], strict=True):
        move = (np.asarray(after)[:, None] - np.asarray(before)).astype(np.int32)
        layer.weight.data = torch.from_numpy(np.ldexp(layer.weight.data.numpy(), move))
        if layer.bias is not None:
            by = np.asarray(after, dtype=np.int32)
            layer.bias.data = torch.from_numpy(np.ldexp(layer.bias.data.numpy(), by))
    return again


def widths(network):
    linear = [module for module in network if isinstance(module, nn.Linear)]
    return [linear[0].in_features, *(module.out_features for module in linear)]


@pytest.mark.parametrize("index", swept(range(8), 4))
def test_other_units_of_layers_leave_every_bound(index):
    rng = seeding.generator(index, "arithmetic", "layers")
    f = drawn(rng, 2 + index % 3, bias=index % 2 == 1)
    g = cases.perturbed(rng, f, (1.0, 1e-2, 1e-7, 1e-13)[index % 4 - 1])
    big = (40, 300, 480, 900)[index % 4]
    sizes = widths(f)
    inner = [np.full(k, int(rng.integers(-big, big + 1))) for k in sizes[1:-1]]
    shift = int(rng.integers(-40, 40))
    units = [np.zeros(1), *inner, np.full(sizes[-1], shift)]
    plain, _ = check(f, g)
    found, _ = check(rescaled(f, units), rescaled(g, units))
    for name, bound in plain.bounds.items():
        assert found.bounds[name] == pytest.approx(math.ldexp(bound, shift), rel=1e-6), name
    assert found.lower == pytest.approx(math.ldexp(plain.lower, shift), rel=1e-6, abs=1e-290)


@pytest.mark.parametrize("index", swept(range(6), 3))
def test_other_units_of_neurons_and_inputs(index):
    rng = seeding.generator(index, "arithmetic", "neurons")
    f = drawn(rng, 2 + index % 3, bias=index % 2 == 1)
    g = cases.perturbed(rng, f, 10.0 ** -float(rng.integers(0, 10)))
    big = (60, 400)[index % 2]
    sizes = widths(f)
    first = int(rng.integers(-big, big))
    inner = [rng.integers(-big, big, k) for k in sizes[1:-1]]
    units = [np.full(1, first), *inner, np.zeros(sizes[-1])]
    low, high = (math.ldexp(end, first) for end in sorted(rng.uniform(-1, 1, 2)))
    found, value = check(rescaled(f, units), rescaled(g, units), (low, high))
    plain, _ = check(f, g, (math.ldexp(low, -first), math.ldexp(high, -first)))
    assert found.upper <= plain.upper * 1.02 + 1e-12  # one rounding slack serves a whole layer
    assert value <= Fraction(plain.upper)


@pytest.mark.parametrize("index", swept(range(6), 4))
def test_weights_of_any_size_entry_by_entry(index):
    rng = seeding.generator(index, "arithmetic", "entries")
    f = drawn(rng, 2 + index % 2, bias=False)
    g = cases.perturbed(rng, f, (1.0, 1e-6)[index % 2])
    for module_f, module_g in zip(f, g, strict=True):
        if isinstance(module_f, nn.Linear):
            moves = rng.integers(-300, 300, module_f.weight.shape).astype(np.int32)
            for module in (module_f, module_g):
                module.weight.data = torch.from_numpy(np.ldexp(module.weight.data.numpy(), moves))
    check(f, g)


@pytest.mark.parametrize("index", swept(range(4), 2))
def test_convolutions_in_other_units(index):
    rng = seeding.generator(index, "arithmetic", "convolutions")
    f = nn.Sequential(
        cases.conv(rng, 1, 2, 2, True, padding=1),
        nn.ReLU(),
        cases.conv(rng, 2, 2, 2, True),
        nn.ReLU(),
        nn.Flatten(),
        cases.linear(rng, 18, 2),
    )
    move = (-500, 1000, -460)[index % 3 :] + (-500, 1000, -460)[: index % 3]
    total = 0
    for module, by in zip([f[0], f[2], f[5]], move, strict=True):
        total += by
        module.weight.data = torch.from_numpy(np.ldexp(module.weight.data.numpy(), by))
        if module.bias is not None:
            module.bias.data = torch.from_numpy(np.ldexp(module.bias.data.numpy(), total))
    g = cases.perturbed(rng, f, 0.0)
    for module in g:
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.data = module.weight.data * (1 + 1e-3 * cases.draw(rng, 1))
    x = torch.from_numpy(rng.uniform(-1, 1, (1, 3, 3)))
    value = max(np.abs(exactly(f, x) - exactly(g, x)))
    work = WORK | {"splits": 0}
    wide = bracket(f, g, (-1.0, 1.0), (1, 3, 3), **work)
    assert all(Fraction(bound) >= value for bound in wide.bounds.values())
    point = bracket(f, g, (x, x), (1, 3, 3), **work)
    assert all(Fraction(bound) >= value for bound in point.bounds.values())
    assert point.upper <= 1.001 * float(value)


def test_balls_far_smaller_than_the_box():
    f, g = dense([[3.0], [-2.0]], [[1.0, 1.0]]), dense([[2.0], [-2.0]], [[1.0, 1.0]])
    for radius in (1e-280, 1e-20, 0.0):
        points = [[0.0], [-0.5]] if radius == 0 else [[0.0], [0.25 * radius]]
        found = bracket_around(f, g, points, radius, samples=4, restarts=0)
        value = max(rational.largest(f, g, (p - radius, p + radius)) for (p,) in points)
        assert all(Fraction(bound) >= value for bound in found.bounds.values())
        assert found.upper <= 2 * float(value) + (1e-13 if radius == 0 else 0.0)


def test_what_layers_and_modules_may_differ_by_stays_small():
    layers, _ = aligned(*[dense([[6e-305]], [[1e300]])] * 2, (1,), False)
    one = torch.ones(1, dtype=torch.float64)
    assert 0 < float(_allowed(layers, Range(-one, one)).max()) < 1e-12 * 6e-5


def test_overflow_inside_is_refused_as_such():
    f, g = (dense([[1e200]], [[size]], [[1e-300]]) for size in (1e200, 2e200))
    with pytest.raises(FloatRangeError, match="evaluation overflows"):
        bracket(f, g, **WORK)
    assert interval_bound(f, g)[0] == pytest.approx(1e100, rel=1e-9)


# merged layers


def test_merged_sums_bound_their_error():
    rng = seeding.generator(0, "arithmetic", "merged")
    for far in (0, 300, -500):
        V = rng.standard_normal((2, 60, 1))
        a = rng.standard_normal(60)
        V[:, 30:] = V[:, :30] * (1 + 1e-12 * rng.standard_normal((2, 30, 1)))
        a[30:] = -a[:30]  # next to nothing is left
        V = np.ldexp(V, far)
        block = torch.zeros(60, dtype=torch.long)
        blocked = _Blocked(torch.from_numpy(a), block)
        out, size, doubt = merged_sums(blocked, torch.from_numpy(V), torch.from_numpy(a), 1)
        for j in range(2):
            terms = [Fraction(x) * Fraction(y) for x, y in zip(V[j, :, 0], a, strict=True)]
            off = abs(Fraction(float(out[j, 0, 0])) - sum(terms))
            assert off <= Fraction(float(doubt[j, 0, 0])) < abs(sum(terms)) / 10**6
            assert Fraction(float(size[j, 0, 0])) >= sum(map(abs, terms))


@pytest.mark.parametrize("far", [-1074, -1000, 0, 900])
def test_merged_sums_where_products_leave_float64(far):
    V = torch.tensor([[[0.3], [0.7]]]).double()
    a = torch.tensor([0.9, -0.8]).double()
    V = torch.from_numpy(np.ldexp(V.numpy(), -60))
    a = torch.from_numpy(np.ldexp(a.numpy(), far))
    blocked = _Blocked(a, torch.zeros(2, dtype=torch.long))
    out, _, doubt = merged_sums(blocked, V, a, 1)
    exactly_ = sum(
        Fraction(float(x)) * Fraction(float(y)) for x, y in zip(V[0, :, 0], a, strict=True)
    )
    assert abs(Fraction(float(out)) - exactly_) <= Fraction(float(doubt))


def test_error_free_transformations():
    rng = seeding.generator(0, "arithmetic", "transformations")
    x, y = rng.standard_normal((2, 200)) * 2.0 ** rng.integers(-200, 200, (2, 200))
    for result, combine in ((two_sum(x, y), sum), (two_product(x, y), math.prod)):
        for a, b, s, e in zip(x, y, *result, strict=True):
            assert combine([Fraction(a), Fraction(b)]) == Fraction(s) + Fraction(e)
    one = np.array([[1.0, 2.0**-60, -1.0]])
    assert dot(one, np.ones((1, 3)))[0].tolist() == [2.0**-60]


@pytest.mark.parametrize("far", [-400, 0, 400])
def test_tickets_whose_hidden_layer_is_of_any_size(far):
    rng = seeding.generator(3, "arithmetic", "tickets")
    f = nn.Sequential(cases.linear(rng, 1, 2), nn.ReLU(), cases.linear(rng, 2, 1))
    g = cases.as_ticket(rng, f, copies=3, eps=0.1)
    for module in g:
        by = {ChannelScale: far, nn.Linear: -far}.get(type(module))
        if by is not None:
            module.weight.data = torch.from_numpy(np.ldexp(module.weight.data.numpy(), by))
    plain = nn.Sequential(*(hidden(module) for module in g))
    value = rational.largest(f, plain, (-1.0, 1.0))
    found = bracket(f, g, (-1.0, 1.0), **WORK)
    assert all(Fraction(bound) >= value for bound in found.bounds.values())
    assert Fraction(found.lower) >= BELOW * value - Fraction(found.evaluation)


def hidden(module):
    """A ChannelScale as a dense layer."""
    if not isinstance(module, ChannelScale):
        return module
    inputs = int(module.block.max()) + 1
    layer = nn.Linear(inputs, len(module.weight), bias=False, dtype=torch.float64)
    layer.weight.data.zero_()
    layer.weight.data[torch.arange(len(module.weight)), module.block] = module.weight.data
    return layer


@pytest.mark.parametrize("weight", [1e200, 1e-200])
def test_merged_products_beyond_float64_are_refused(weight):
    g = nn.Sequential(ChannelScale(torch.ones(1), torch.tensor([0])), nn.ReLU())
    g[0].weight.data = torch.full((1,), weight, dtype=torch.float64)
    g.append(dense([[weight]])[0])
    with pytest.raises(FloatRangeError, match="g: got a ChannelScale whose weights"):
        bracket(dense([[1.0]]), g, (0.0, 1e-300))
    g[0].weight.data.zero_()  # exactly 0 is no underflow
    assert bracket(dense([[1.0]]), g, (0.0, 1e-300), **WORK).lower == 1e-300


# the processor


@contextmanager
def flushed():
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


PAIR = dense([[1.0], [-2.0]], [[1.0, 1.0]]), dense([[1.0], [-1.0]], [[1.0, 1.0]])
ENTRIES = {
    "bracket": lambda f, g: bracket(f, g, **WORK),
    "bracket_around": lambda f, g: bracket_around(f, g, [[0.0]], 0.1, samples=2, restarts=0),
    "interval_bound": interval_bound,
    "exact": exact,
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_flushed_denormals_are_refused_with_the_way_out(entry):
    with flushed(), pytest.raises(ArithmeticError, match=r"call torch\.set_flush_denormal\(False"):
        ENTRIES[entry](*PAIR)
    ENTRIES[entry](*PAIR)


def test_rounding_outward_moves_where_denormals_are_flushed():
    with flushed():
        above = bool(rounding.up(torch.zeros(1).double()) > 0)
        below = bool(rounding.down(torch.zeros(1).double()) < 0)
    assert above
    assert below


@pytest.mark.skipif(platform.machine() != "x86_64", reason="control words of x86")
@pytest.mark.parametrize("mode", [0x400, 0x800, 0xC00])
def test_other_rounding_modes_are_refused(mode):
    libm = ctypes.CDLL(None)
    libm.fesetround(mode)
    try:
        try:
            bracket(*PAIR, **WORK)
        except ArithmeticError as error:
            words = str(error)
        else:
            words = "nothing"
    finally:
        libm.fesetround(0)
    assert "round to nearest" in words


@pytest.mark.skipif(platform.machine() != "x86_64", reason="control words of x86")
def test_merged_sums_do_not_depend_on_the_precision_of_long_double():
    libm = ctypes.CDLL(None)
    kept, changed = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
    libm.fegetenv(kept)
    libm.fegetenv(changed)
    word = int.from_bytes(changed.raw[:2], "little")
    changed[0:2] = ((word & ~0x300) | 0x200).to_bytes(2, "little")  # 53 bits
    rng = seeding.generator(0, "arithmetic", "control word")
    libm.fesetenv(changed)
    try:
        seen = []
        for _ in range(200):
            a, v = rng.standard_normal(2)
            pair, V = torch.tensor([a, -a * (1 + 2.0**-50)]), torch.tensor([[[v], [v]]])
            blocked = _Blocked(pair, torch.zeros(2, dtype=torch.long))
            seen.append((pair, V, *merged_sums(blocked, V, pair, 1)))
    finally:
        libm.fesetenv(kept)
    for pair, V, out, _, doubt in seen:
        terms = zip(pair.tolist(), V.flatten().tolist(), strict=True)
        value = sum(Fraction(a) * Fraction(v) for a, v in terms)
        assert abs(Fraction(float(out)) - value) <= Fraction(float(doubt))


# units


@pytest.mark.parametrize("by", [-1060, -3, 0, 70, 1030])
def test_boxes_are_rounded_outward_into_units(by):
    lo = torch.tensor([-1.7e-3, 5e-324, 0.0, 3.3e-310])
    hi = torch.tensor([2.1e-3, 1e-323, 0.0, 7.7e-300])
    lo, hi = lo.double(), hi.double()
    if by < 0:
        lo, hi = (torch.from_numpy(np.ldexp(end.numpy(), by + 3)) for end in (lo, hi))
    units = Units(np.full(4, by), by)
    box = units.box(Range(lo, hi))
    two = Fraction(2) ** by
    for a, b, c, d in zip(*(end.tolist() for end in (box.lo, lo, hi, box.hi)), strict=True):
        assert Fraction(a) * two <= Fraction(b) <= Fraction(c) <= Fraction(d) * two
    for bound in (0.0, 5e-324, 0.7, 3e-310):
        above = units.above(bound)
        assert above == math.inf or Fraction(above) >= Fraction(bound) * two
