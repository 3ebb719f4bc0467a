"""Residual blocks written as plain layers that carry x along: what the sup-norm room reads."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from slth.networks.architectures import convolution
from slth.networks.modules import ChannelScale
from slth.networks.residual import Residual

Stage = tuple[ChannelScale | None, nn.Conv2d]


def unrolled(name: str, modules: Sequence[nn.Module], nonnegative: bool = False) -> list[nn.Module]:
    """Return modules that compute the same without Residual: every hidden layer is widened by x.

    x + V ∗ σ(K ∗ x + b) + c is [V, I] ∗ σ([K; I] ∗ x + [b; 0]) + c for x ≥ 0 and
    [V, I, −I] ∗ σ([K; I; −I] ∗ x + [b; 0; 0]) + c otherwise. nonnegative: of the inputs of the
    first module; a ReLU makes it true, a Residual or a layer false, pooling leaves it. The weights
    are copied exactly; sums of a kernel and an identity are left to a ChannelScale → ReLU → Conv2d,
    whose rounding the caller bounds.
    Raises ValueError naming ``name`` for a body that is not made of Conv2d, or ChannelScale → ReLU
    → Conv2d, with ReLU between, stride 1, odd kernels and padding k // 2.
    """
    made: list[nn.Module] = []
    for module in modules:
        if isinstance(module, Residual):
            made += _widened(_stages(name, module), nonnegative)
            nonnegative = False
        else:
            made.append(module)
            passes = isinstance(module, (nn.AvgPool2d, nn.Flatten, nn.Identity))
            nonnegative = isinstance(module, nn.ReLU) or (passes and nonnegative)
    return made


def _stages(name: str, block: Residual) -> list[Stage]:
    body, stages = list(block.body), []
    while body:
        scale = body[0] if isinstance(body[0], ChannelScale) else None
        if scale is not None:
            body = body[2:] if len(body) > 1 and isinstance(body[1], nn.ReLU) else []
        if not body or not _same_size(body[0]) or (len(body) > 1 and not _more(body[1:])):
            raise ValueError(
                f"{name}: got a Residual of {_words(block)}, takes Conv2d, or ChannelScale → ReLU "
                "→ Conv2d, with ReLU between, stride 1, padding k // 2, k odd"
            )
        conv = body[0]
        assert isinstance(conv, nn.Conv2d)
        stages.append((scale, conv))
        body = body[2:]
    if not stages:
        raise ValueError(f"{name}: got a Residual with an empty body, takes Conv2d in it")
    return stages


def _words(block: Residual) -> str:
    return ", ".join(str(module) for module in block.body)


def _more(rest: list[nn.Module]) -> bool:
    return isinstance(rest[0], nn.ReLU) and len(rest) > 1


def _same_size(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.Conv2d)
        and (module.groups, module.stride, module.dilation) == (1, (1, 1), (1, 1))
        and module.padding_mode == "zeros"
        and all(k % 2 == 1 for k in module.kernel_size)
        and module.padding in ("same", tuple(k // 2 for k in module.kernel_size))
    )


def _widened(stages: list[Stage], nonnegative: bool) -> list[nn.Module]:
    c = len(stages[-1][1].weight)
    eye = torch.eye(c, dtype=stages[-1][1].weight.dtype)
    both = torch.cat([eye, -eye], dim=1)  # x from σ(x), σ(−x)
    if len(stages) == 1 and stages[0][0] is None:
        stages = [_by_sign(stages[0][1], nonnegative)]
    made: list[nn.Module] = []
    for j, (scale, conv) in enumerate(stages):
        first, last = j == 0, j == len(stages) - 1
        x = eye if nonnegative or (first and scale is None) else both
        carry = x if first or last else torch.eye(c * (1 if nonnegative else 2), dtype=eye.dtype)
        if first and not last and not nonnegative:
            carry = torch.cat([x, -x])
        if scale is not None:
            mains = 0 if first else len(stages[j - 1][1].weight)
            made += [_carrying(scale, c, mains, nonnegative), nn.ReLU()]
        weight = _with_carry(conv.weight.detach(), carry, first and scale is None, last)
        sides = (conv.kernel_size[0] // 2, conv.kernel_size[1] // 2)
        made += [_biased(convolution(weight, (1, 1), sides), conv.bias)]
        made += [] if last else [nn.ReLU()]
    return made


def _with_carry(weight: Tensor, carry: Tensor, shared: bool, last: bool) -> Tensor:
    """[W 0; 0 C], the columns one where C reads W's inputs, the rows where it adds to W's."""
    o, m, *k = weight.shape
    rows = o if last else o + len(carry)
    columns = m if shared else m + carry.shape[1]
    wide = weight.new_zeros(rows, columns, *k)
    wide[:o, :m] = weight
    wide[rows - len(carry) :, columns - carry.shape[1] :, k[0] // 2, k[1] // 2] += carry
    return wide


def _carrying(scale: ChannelScale, c: int, mains: int, nonnegative: bool) -> ChannelScale:
    """The scale, then σ(x) and, for signed x, σ(−x): of x itself, or from behind ``mains``."""
    signs = [1.0] if nonnegative else [1.0, 1.0] if mains else [1.0, -1.0]
    ones = torch.tensor(signs, dtype=scale.weight.dtype).repeat_interleave(c)
    source = mains + torch.arange(len(ones)) if mains else torch.arange(c).repeat(len(signs))
    weight = torch.cat([scale.weight.detach(), ones])
    return ChannelScale(weight, torch.cat([scale.block, source]))


def _by_sign(conv: nn.Conv2d, nonnegative: bool) -> Stage:
    """K ∗ x as ChannelScale → ReLU → Conv2d: K ∗ σ(x) − K ∗ σ(−x)."""
    weight = conv.weight.detach()
    c = weight.shape[1]
    signs = [1.0] if nonnegative else [1.0, -1.0]
    ones = torch.tensor(signs, dtype=weight.dtype).repeat_interleave(c)
    scale = ChannelScale(ones, torch.arange(c).repeat(len(signs)))
    kernels = [sign * weight for sign in signs]
    wide = convolution(torch.cat(kernels, dim=1), (1, 1), conv.padding)  # type: ignore[arg-type]
    return scale, _biased(wide, conv.bias)


def _biased(wide: nn.Conv2d, bias: Tensor | None) -> nn.Conv2d:
    """``wide`` with a bias on its first channels, none on those that carry x."""
    if bias is not None:
        rest = bias.new_zeros(wide.out_channels - len(bias))
        wide.bias = nn.Parameter(torch.cat([bias.detach(), rest]), requires_grad=False)
    return wide
