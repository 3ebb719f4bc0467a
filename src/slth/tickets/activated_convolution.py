"""The structured ticket under another activation, in the target and in the random network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.activations import RELU, Activation, read_activated
from slth.networks.architectures import convolution, linear
from slth.networks.modules import ChannelScale
from slth.networks.residual import structured
from slth.tickets.base import Comparable, Kernels
from slth.tickets.bounds import misses, tail_norm
from slth.tickets.merged import merged_kernels
from slth.tickets.prediction import Prediction, Success
from slth.tickets.problems import SubsetProblems
from slth.tickets.shrink import weight_pairs
from slth.tickets.structured_convolution import StructuredConvolution
from slth.tickets.ticket import Ticket


@dataclass(frozen=True)
class ActivatedConvolution(StructuredConvolution):
    """`structured_convolution` with leaky ReLU or tanh wherever it has ReLU, the source included.

    Leaky ReLU of slope α: the pairs of S⁺ and S⁻, of sums P and Q, compute (P − αQ) ∗ x⁺ +
    (Q − αP) ∗ x⁻, so that the targets are P = K/(1+α) and Q = −K/(1+α), and errors grow by 1+α.
    Hidden layers have inputs of both signs and need S⁻ too, where ReLU needs S⁺ alone.
    tanh: through tanh(u) ≈ u, U of the source times ``scale`` and V divided by it, one problem for
    both signs, with all 2n candidates; what the cube of u leaves is in `error_bound`.
    One activation a network, σ(0) = 0; no residual blocks or pooling. The options else: as there.

    Source: Burkholz (NeurIPS 2022) for single weights; taken here to whole filters. Cost: as
    `structured_convolution` on signed inputs.
    """

    name: ClassVar[str] = "activated_convolution"
    source: ClassVar[str] = "Burkholz, NeurIPS 2022, for single weights"
    statement: ClassVar[str] = "none for whole filters; that of structured_convolution is for ReLU"
    label: ClassVar[str | dict[str, str]] = "blocks: other activations"
    words: ClassVar[str | dict[str, str]] = "blocks with other activations"
    family: ClassVar[str] = "structure"
    rate: ClassVar[str] = "candidates"
    random_sums: ClassVar[bool] = True

    scale: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.positive("scale", self.scale)

    def read(self, target: nn.Sequential) -> list[Any]:
        layers = read_activated(target, "target")
        if structured(target):
            raise ValueError(
                "target: got a Residual or AvgPool2d, takes a chain of layers; use "
                "structured_convolution, or ell_plus_one"
            )
        used = {layer.activation for layer in layers if layer.activation}
        if len(used) > 1 or any(activation.value for activation in used):
            raise ValueError(
                f"target: got activations {', '.join(sorted(a.name for a in used))}, takes one of "
                "ReLU, LeakyReLU and Tanh; use ell_plus_one for others"
            )
        return layers

    def sample_source(self, target: nn.Sequential, n: int, seed: int) -> nn.Sequential:
        layers, _ = self.split(target)
        source = super().sample_source(target, n, seed)
        small = self.scale if activation_of(layers).leak is None else 1.0
        with torch.no_grad():
            for i, weight in enumerate(list(source.parameters())[: 2 * len(layers)]):
                weight.mul_(small if i % 2 == 0 else 1 / small)
        return _with_activation(source, activation_of(layers))

    def shrunk(
        self, layers: Sequence[Any], source: nn.Sequential, keep: dict[str, Tensor]
    ) -> nn.Sequential:
        return _with_activation(super().shrunk(layers, source, keep), activation_of(layers))

    def signs(self, layers: Sequence[Any], i: int) -> str:
        act = activation_of(layers)
        if act.leak is None:
            return "*"
        return "+-" if i and act.leak else super().signs(layers, i)

    def subset_problems(self, target: nn.Sequential, source: nn.Sequential) -> list[SubsetProblems]:
        layers, _ = self.split(target)
        act = activation_of(layers)
        if act.leak is None:
            return self._whole(layers, source)
        problems = super().subset_problems(target, source)
        return [
            replace(p, Z=p.Z / self._growth(layers, p.layer)) if act.leak else p for p in problems
        ]

    def _whole(self, layers: Sequence[Any], source: nn.Sequential) -> list[SubsetProblems]:
        """One problem for inputs of both signs, over all candidates a·V of an input channel."""
        problems = []
        for i, (layer, ((_, U), (_, V))) in enumerate(
            zip(layers, weight_pairs(source, layers), strict=True)
        ):
            width, groups = len(U) // U.shape[1], self.groups(layer)
            for channel in range(U.shape[1]):
                hidden = np.arange(channel * width, (channel + 1) * width)
                blocks = V[:, hidden].transpose(0, 1).reshape(width, groups, -1)
                X = (U[hidden, channel][:, None, None] * blocks).transpose(0, 1)
                Z = layer.weight[:, channel].reshape(groups, -1).numpy()
                arrays = np.ascontiguousarray(X.numpy()), Z
                problems.append(SubsetProblems(i, channel, "*", hidden, *arrays, self.size))
        return problems

    def _growth(self, layers: Sequence[Any], i: int) -> float:
        """What an input of one sign leaks into the other's kernel: 1 + α where both occur."""
        leak = activation_of(layers).leak
        return 1.0 + (leak or 0.0) * (self.signs(layers, i) == "+-")

    def error_bound(self, ticket: Ticket, eps: float | None = None) -> float:
        """As `Construction` says: η_i = fan-in·miss_i·(1 + α), and for tanh the cubic remainder.

        tanh: |tanh(u) − u| ≤ |u|³/3 adds Σ_S |V| |a|³ (‖f_{i−1}‖ + e_{i−1})³/3 for each output.
        """
        layers, tail = self.split(ticket.target)
        act, miss = activation_of(layers), misses(ticket, len(layers), eps)
        cubes = [0.0] * len(layers)
        if act.cubic:
            pairs = weight_pairs(ticket.masked(), layers)
            cubes = [_cube(U, V) * act.cubic for (_, U), (_, V) in pairs]
        error, size = 0.0, 1.0
        for i, layer in enumerate(layers):
            kappa = float(layer.weight.abs().flatten(1).sum(dim=1).max())
            eta = layer.weight[0].numel() * miss[i] * self._growth(layers, i)
            reach = size + error
            error = kappa * error + eta * reach + cubes[i] * reach**3
            size = min(kappa * size, layer.activation.bound if layer.activation else np.inf)
        return error * tail_norm(tail)

    def effective(self, ticket: Ticket) -> list[Kernels] | None:
        return None

    def comparable(self, ticket: Ticket, input_shape: Sequence[int]) -> Comparable | None:
        """Leaky ReLU: both as ReLU networks of the merged kernels, z⁺ and z⁻ as two channels.

        The kernels are merged in float64, off by its rounding. None for tanh.
        """
        layers, tail = self.split(ticket.target)
        leak = activation_of(layers).leak
        if leak is None:
            return None
        scales = [m for m in ticket.ticket if isinstance(m, (ChannelScale, nn.Conv2d, nn.Linear))]
        merged: list[Kernels] = []
        for i, layer in enumerate(layers):
            P, Q = merged_kernels(scales[2 * i], scales[2 * i + 1], layer.weight.shape)
            merged.append((P - leak * Q, Q - leak * P))
        plain: list[Kernels] = [(layer.weight, -layer.weight) for layer in layers]
        f, g = (_as_relu(layers, tail, kernels, leak) for kernels in (plain, merged))
        return Comparable(nn.Sequential(*f), nn.Sequential(*g), tuple(input_shape))

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says, by the formula for ReLU: targets shrink by 1 + α, eps likewise.

        The eps of a problem is meant, as in `build`; n of tanh counts 2n candidates per problem.
        """
        found = super().width(target, eps, delta, success)
        layers, _ = self.split(target)
        if activation_of(layers).leak is not None or found.n is None:
            return found
        return replace(found, n=-(-found.n // 2))


def activation_of(layers: Sequence[Any]) -> Activation:
    """The activation of a network: of any layer that has one, ReLU where none has."""
    return next((layer.activation for layer in layers if layer.activation), RELU)


def _with_activation(network: nn.Sequential, act: Activation) -> nn.Sequential:
    return nn.Sequential(*[act.module() if isinstance(m, nn.ReLU) else m for m in network])


def _cube(U: Tensor, V: Tensor) -> float:
    """Largest over output channels of Σ |V| |a|³, over taps and hidden channels."""
    taps = V.abs().reshape(*V.shape[:2], -1).sum(dim=2)
    return float((taps @ U.abs().sum(dim=1) ** 3).max())


def _as_relu(
    layers: Sequence[Any], tail: Sequence[nn.Module], kernels: Sequence[Kernels], leak: float
) -> list[nn.Module]:
    """Modules with σ(z) and σ(−z) of every activated layer, z of K⁺ ∗ x⁺ + K⁻ ∗ x⁻.

    What no activation came before, the input among it, is split into x⁺ and x⁻ first.
    """
    modules: list[nn.Module] = []
    weight, doubled = layers[0].weight, False
    for layer, (plus, minus) in zip(layers, kernels, strict=True):
        modules += [nn.Flatten()] if layer.flatten else []
        modules += [] if doubled else [_signs(layer.weight.shape[1]), nn.ReLU()]
        wide = torch.cat([plus, leak * minus if doubled else minus], dim=1)
        weight, doubled = layer.weight, layer.activation is not None
        modules += [layer.module(torch.cat([wide, -wide]) if doubled else wide)]
        modules += [nn.ReLU()] if doubled else []
    if doubled and not any(isinstance(m, nn.Linear) for m in tail):
        eye = torch.eye(len(weight), dtype=weight.dtype)
        joined = torch.cat([eye, -leak * eye], dim=1)
        dense = weight.ndim == 2
        return [*modules, linear(joined) if dense else convolution(joined[:, :, None, None])]
    return [*modules, *(_doubled(m, leak) if doubled else m for m in tail)]


def _signs(c: int) -> ChannelScale:
    """The map of c channels x to x and −x."""
    signs = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat_interleave(c)
    return ChannelScale(signs, torch.arange(c).repeat(2))


def _doubled(module: nn.Module, leak: float) -> nn.Module:
    """A readout of x as one of (σ(z), σ(−z)), x = σ(z) − α σ(−z)."""
    if not isinstance(module, nn.Linear):
        return module
    weight = module.weight.detach()
    return linear(torch.cat([weight, -leak * weight], dim=1))
