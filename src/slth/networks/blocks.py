"""Residual blocks written as plain layers that carry what the skip connection adds."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from slth.networks.architectures import convolution
from slth.networks.modules import ChannelScale, Projected, Residual
from slth.networks.shapes import Pair, window

Signs = tuple[float, ...]
TAKES = (
    "takes Conv2d, or ChannelScale → ReLU → Conv2d, with ReLU (or ReLU6) between, stride 1, "
    "padding k // 2, k odd"
)


@dataclass(frozen=True)
class Stage:
    """One layer of a block: σ(a x) of a ChannelScale, if there is one, then a convolution.

    weight: (c_out, c_in, k, k) without groups.
    """

    scale: ChannelScale | None
    weight: Tensor
    bias: Tensor | None
    stride: Pair
    padding: Pair

    @classmethod
    def of(cls, scale: ChannelScale | None, conv: nn.Conv2d, name: str) -> "Stage":
        moves = window(conv, name)
        weight = dense_groups(conv.weight.detach(), conv.groups)
        bias = None if conv.bias is None else conv.bias.detach()
        return cls(scale, weight, bias, moves.stride, moves.padding)

    @property
    def keeps(self) -> bool:
        """Whether images keep their size."""
        sides = tuple(self.weight.shape[2:])
        odd = all(k % 2 == 1 for k in sides)
        return self.stride == (1, 1) and odd and self.padding == tuple(k // 2 for k in sides)


def widened(name: str, block: Residual | Projected, nonnegative: bool) -> list[nn.Module]:
    """The layers of a block, each widened by what the skip connection carries.

    nonnegative: of the block's inputs. Raises ValueError naming ``name`` for a body of other
    layers, or sizes that no layer shares with the skip connection.
    """
    stages = _stages(name, block.body)
    skip = _skip(name, block) if isinstance(block, Projected) else None
    if len(stages) == 1 and stages[0].scale is None:
        stages = [_by_sign(stages[0], nonnegative)]
    at = _meeting(name, stages, skip)
    c = skip.weight.shape[1] if skip is not None else len(stages[-1].weight)
    carried: Signs | None = None  # None: what is carried is the input itself
    made: list[nn.Module] = []
    for j, stage in enumerate(stages):
        last = j == len(stages) - 1
        here = skip if skip is not None and j == at else _identity(c, stage.weight.dtype)
        if stage.scale is not None:
            first = carried is None
            carried = carried or ((1.0,) if nonnegative else (1.0, -1.0))
            mains = len(stages[j - 1].weight)
            made += [_carrying(stage.scale, c, None if first else mains, carried), nn.ReLU()]
        onward = None
        if not last:
            known = nonnegative and (skip is None or j < at)
            onward = (1.0,) if known else (1.0, -1.0)
        made.append(_joined(name, stage, here, carried, onward))
        made += [] if last else [nn.ReLU()]
        carried, c = onward, len(here.weight)
    return made


def _stages(name: str, block: nn.Sequential) -> list[Stage]:
    body, stages = list(block), []
    while body:
        scale = body[0] if isinstance(body[0], ChannelScale) else None
        if scale is not None:
            body = body[2:] if len(body) > 1 and isinstance(body[1], nn.ReLU) else []
        if not body or not _plain(body[0]) or (len(body) > 1 and not _more(body[1:])):
            raise ValueError(f"{name}: got a block of {_words(block)}, {TAKES}")
        conv = body[0]
        assert isinstance(conv, nn.Conv2d)
        stages.append(Stage.of(scale, conv, name))
        if len(body) > 1 and isinstance(body[1], nn.Hardtanh):  # and nn.ReLU6, c − σ(c − σ(x))
            stages += [_turned(stages[-1], float(body[1].max_val))] * 2
        body = body[2:]
    if not stages:
        raise ValueError(f"{name}: got a block with an empty body, takes Conv2d in it")
    return stages


def _skip(name: str, block: Projected) -> Stage:
    inner = list(block.skip)
    if len(inner) != 1 or not _plain(inner[0]):
        raise ValueError(f"{name}: got a skip connection of {_words(block.skip)}, takes one Conv2d")
    assert isinstance(inner[0], nn.Conv2d)
    return Stage.of(None, inner[0], name)


def _words(block: nn.Sequential) -> str:
    return ", ".join(str(module) for module in block)


def _more(rest: list[nn.Module]) -> bool:
    capped = isinstance(rest[0], nn.Hardtanh) and rest[0].min_val == 0
    return (capped or isinstance(rest[0], nn.ReLU)) and len(rest) > 1


def _plain(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.Conv2d)
        and module.dilation == (1, 1)
        and module.padding_mode == "zeros"
    )


def _meeting(name: str, stages: list[Stage], skip: Stage | None) -> int:
    """The stage that changes the shape as the skip connection does; −1 without one."""
    for j, stage in enumerate(stages):
        others = stages[:j] + stages[j + 1 :]
        if not all(other.keeps for other in others):
            continue
        if skip is None and stage.keeps:
            return -1
        if skip is not None and stage.stride == skip.stride and _fits(stage, skip):
            return j
    if skip is None:
        raise ValueError(f"{name}: got a block whose convolutions change the size, {TAKES}")
    raise ValueError(
        f"{name}: got a block in which no convolution has the stride of the skip connection, or "
        "more than one changes the size of the images"
    )


def _fits(stage: Stage, other: Stage) -> bool:
    """Whether `_kernels` leaves the size of the output as it is."""
    sides, padding = _kernels(stage, other)
    return all(
        k - 2 * p == own - 2 * q
        for k, p, own, q in zip(sides, padding, stage.weight.shape[2:], stage.padding, strict=True)
    )


def _kernels(stage: Stage, other: Stage) -> tuple[Pair, Pair]:
    """Sides and padding of a kernel that has room for both."""
    found = []
    for i in (0, 1):
        (k, p), (m, q) = ((s.weight.shape[i + 2], s.padding[i]) for s in (stage, other))
        before, after = max(p, q), max(k - 1 - p, m - 1 - q)
        found.append((before + after + 1, before))
    return (found[0][0], found[1][0]), (found[0][1], found[1][1])


def _joined(
    name: str, stage: Stage, here: Stage, carried: Signs | None, onward: Signs | None
) -> nn.Conv2d:
    """[W 0; 0 C]: what the block's layer does, and ``here`` on what is carried.

    carried: signs of the parts whose signed sum is carried, behind the columns of W; None: W's own
    input. onward: signs of the parts it is carried on as; None: it is added to W's rows.
    """
    sides, padding = _kernels(stage, here)
    (o, m), (r, c) = stage.weight.shape[:2], here.weight.shape[:2]
    rows = o if onward is None else o + len(onward) * r
    wide = stage.weight.new_zeros(rows, m + len(carried or ()) * c, *sides)
    _put(wide[:o, :m], stage.weight, padding, stage.padding)
    same = onward == carried and torch.equal(here.weight, _identity(c, wide.dtype).weight)
    for b, sign in enumerate(carried or (1.0,)):
        columns = wide[:, :m] if carried is None else wide[:, m + b * c : m + (b + 1) * c]
        if onward is None:
            _put(columns[:o], sign * here.weight, padding, here.padding)
        for i, other in enumerate(onward or ()):
            if not same or i == b:
                factor = 1.0 if same else sign * other
                part = columns[o + i * r : o + (i + 1) * r]
                _put(part, factor * here.weight, padding, here.padding)
    made = convolution(wide, stage.stride, padding)
    return _biased(name, made, stage, here, onward)


def _put(out: Tensor, weight: Tensor, padding: Pair, own: Pair) -> None:
    """Add a kernel with the padding ``own`` to one with ``padding``, where it reads the same."""
    i, j = padding[0] - own[0], padding[1] - own[1]
    out[:, :, i : i + weight.shape[2], j : j + weight.shape[3]] += weight


def _biased(
    name: str, wide: nn.Conv2d, stage: Stage, here: Stage, onward: Signs | None
) -> nn.Conv2d:
    """The layer with both biases, where no two are added: a sum would round."""
    if stage.bias is None and here.bias is None:
        return wide
    own, other = (
        s.weight.new_zeros(len(s.weight)) if s.bias is None else s.bias for s in (stage, here)
    )
    if onward is not None:
        bias = torch.cat([own, *(sign * other for sign in onward)])
    elif stage.bias is not None and here.bias is not None:
        raise ValueError(
            f"{name}: got a block whose last convolution and skip connection both have a bias and "
            "change the shape, takes a bias in one of them"
        )
    else:
        bias = own if here.bias is None else other
    wide.bias = nn.Parameter(bias, requires_grad=False)
    return wide


def _turned(behind: Stage, cap: float) -> Stage:
    """C − x of what a stage gives."""
    same = _identity(len(behind.weight), behind.weight.dtype)
    bias = torch.full((len(same.weight),), cap, dtype=same.weight.dtype)
    return replace(same, weight=-same.weight, bias=bias)


def _identity(c: int, dtype: torch.dtype) -> Stage:
    return Stage(None, torch.eye(c, dtype=dtype)[:, :, None, None], None, (1, 1), (0, 0))


def _carrying(scale: ChannelScale, c: int, mains: int | None, signs: Signs) -> ChannelScale:
    """The scale, and what is carried: parts of x itself, or from behind ``mains`` as they are."""
    count = len(signs) * c
    ones = torch.tensor(signs, dtype=scale.weight.dtype).repeat_interleave(c)
    source = torch.arange(c).repeat(len(signs))
    if mains is not None:
        ones, source = torch.ones_like(ones), mains + torch.arange(count)
    weight = torch.cat([scale.weight.detach(), ones])
    return ChannelScale(weight, torch.cat([scale.block, source]))


def _by_sign(stage: Stage, nonnegative: bool) -> Stage:
    """K ∗ x as ChannelScale → ReLU → Conv2d: K ∗ σ(x) − K ∗ σ(−x)."""
    c = stage.weight.shape[1]
    signs = (1.0,) if nonnegative else (1.0, -1.0)
    ones = torch.tensor(signs, dtype=stage.weight.dtype).repeat_interleave(c)
    scale = ChannelScale(ones, torch.arange(c).repeat(len(signs)))
    kernels = torch.cat([sign * stage.weight for sign in signs], dim=1)
    return replace(stage, scale=scale, weight=kernels)


def dense_groups(weight: Tensor, groups: int) -> Tensor:
    """A grouped kernel (c_out, c_in / groups, k, k) with its zeros written out."""
    if groups == 1:
        return weight
    out, inner = weight.shape[0] // groups, weight.shape[1]
    dense = weight.new_zeros(weight.shape[0], groups * inner, *weight.shape[2:])
    for i in range(groups):
        rows = slice(i * out, (i + 1) * out)
        dense[rows, i * inner : (i + 1) * inner] = weight[rows]
    return dense
