"""What each pool of a layer is to imitate: weights and biases, plain or corrected by data."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from slth import seeding
from slth.checks import FloatArray
from slth.networks.graph import Convolution, Layer
from slth.tickets.whole.effective import Kernels
from slth.tickets.whole.geometry import Geometry
from slth.tickets.whole.source import Feature

TARGETS = ("plain", "bias", "feedback")
ROWS = 3000  # places of the images that a layer is fitted on, at most
RIDGE = 1e-3  # of the mean square of the inputs: how strongly the target's own weights hold


class Plain:
    """The target's own weights and biases: S⁺ sums to K_t, S⁻ to −K_t, the constants to b·δ."""

    def __init__(self, geometry: Geometry, kernels: Kernels) -> None:
        self.geometry, self.kernels = geometry, kernels

    def begin(self, group: int) -> None:
        """Start with a group."""

    def target(self, feature: Feature) -> FloatArray:
        """(outputs, taps) for a feature, the next in the order of `Source.features`."""
        g = self.geometry
        if feature.bias:
            return self.at_tap(self.bias(feature.group))
        rows = g.weight[g.rows(feature.group), feature.channel - feature.group * g.inputs]
        kernel = rows.reshape(g.outputs, g.taps)
        return kernel if feature.sign == "+" else -kernel

    def bias(self, group: int) -> FloatArray:
        """(outputs,) biases of a group."""
        assert self.geometry.bias is not None
        return self.geometry.bias[self.geometry.rows(group)]

    def at_tap(self, bias: FloatArray) -> FloatArray:
        """(outputs, taps): b·δ."""
        made = np.zeros((self.geometry.outputs, self.geometry.taps))
        made[:, self.geometry.tap] = bias
        return made

    def settle(self, feature: Feature, achieved: FloatArray) -> None:
        """Take note of what was reached for a feature, (outputs, taps)."""


class Sample:
    """Inputs of a layer at sampled places, the target's and the ticket's.

    own, ticket: inputs (images, c_in, …) of the target and of the ticket. The rows are `ROWS`
    places of the layer's outputs at most, the same of both, of every image as many.
    """

    def __init__(self, layer: Layer, geometry: Geometry, own: Tensor, ticket: Tensor, seed: int):
        self.geometry = geometry
        if isinstance(layer, Convolution):
            images, corners = _places(layer, own, seed)
            self.own, self.ticket = (_patches(layer, x, images, corners) for x in (own, ticket))
        else:
            self.own, self.ticket = own[:, :, None], ticket[:, :, None]

    def rows(self, group: int) -> tuple[Tensor, Tensor]:
        """(N, inputs·taps) of the target and of the ticket, of a group."""
        g = self.geometry
        part = slice(group * g.inputs, (group + 1) * g.inputs)
        return self.own[:, part].flatten(1), self.ticket[:, part].flatten(1)


def _patches(layer: Convolution, x: Tensor, images: Tensor, corners: Tensor) -> Tensor:
    """(N, c_in, taps): what a convolution sees at N places; corners (N, 2), of the padded image."""
    rows, columns = layer.padding
    padded = F.pad(x, (columns, columns, rows, rows))
    (k, width), (down, right) = layer.weight.shape[2:], layer.dilation
    taps = [
        padded[images, :, corners[:, 0] + r * down, corners[:, 1] + c * right]
        for r in range(k)
        for c in range(width)
    ]
    return torch.stack(taps, dim=2)


def _places(layer: Convolution, x: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Numbers (N,) of images, and corners (N, 2) of windows that a convolution looks at in them."""
    shape = zip(
        x.shape[2:],
        layer.padding,
        layer.dilation,
        layer.weight.shape[2:],
        layer.stride,
        strict=True,
    )
    rows, columns = ((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in shape)
    each = min(max(1, ROWS // len(x)), rows * columns)
    draws = seeding.generator(seed, "places", layer.name)
    order = draws.random((len(x), rows * columns)).argpartition(each - 1, axis=1)[:, :each]
    places = torch.from_numpy(np.sort(order, axis=1).reshape(-1))
    stride = torch.tensor(layer.stride)
    corners = torch.stack([places // columns, places % columns], dim=1) * stride
    return torch.arange(len(x)).repeat_interleave(each), corners


class Bias(Plain):
    """The weights as they are; then biases that take off the mean error of each output."""

    def __init__(self, geometry: Geometry, kernels: Kernels, sample: Sample) -> None:
        super().__init__(geometry, kernels)
        self.sample = sample

    def bias(self, group: int) -> FloatArray:
        """(outputs,): b + the mean over the sample of K ∗ x − (what the ticket has so far)."""
        g = self.geometry
        own, ticket = self.sample.rows(group)
        wanted = own @ _flat(g, g.weight, group).T
        assert self.kernels.plus is not None
        if g.signed:
            got = ticket.relu() @ _flat(g, self.kernels.plus, group).T
            assert self.kernels.minus is not None
            got = got + (-ticket).relu() @ _flat(g, self.kernels.minus, group).T
        else:
            got = ticket @ _flat(g, self.kernels.plus, group).T
        return super().bias(group) + (wanted - got).mean(0).numpy()


def _flat(g: Geometry, weight: FloatArray, group: int) -> Tensor:
    return torch.from_numpy(weight[g.rows(group)].reshape(g.outputs, -1))


class Feedback(Plain):
    """Weights fitted to the ticket's own activations; later features absorb earlier errors.

    With Φ the ticket's inputs at the sample (x⁺ and x⁻ of signed ones), 1 for the bias, and Y the
    target's outputs there, W is the least ‖Φ W − Y‖² / N + λ ‖W − W_target‖². Of H = ΦᵀΦ/N + λ and
    H⁻¹ = UᵀU, U upper triangular, an error E of feature B changes the best weights R behind it by
    −E U_BB⁻¹ U_BR. It costs ‖E U_BB⁻¹‖², yet subsets chosen for the least ‖E‖ give tickets that err
    less: candidates U_BB⁻¹ v are not alike in all directions, as a beam wants them. Source:
    Frantar, Alistarh, "GPTQ" (ICLR 2023); Hassibi, Stork, "Optimal Brain Surgeon" (1992).
    """

    def __init__(self, geometry: Geometry, kernels: Kernels, sample: Sample) -> None:
        super().__init__(geometry, kernels)
        self.sample = sample

    def begin(self, group: int) -> None:
        """Fit the weights of a group."""
        g = self.geometry
        own, ticket = self.sample.rows(group)
        K = _flat(g, g.weight, group)
        wanted = own @ K.T
        phi, start = ticket, K
        if g.signed:
            by_tap = ticket.reshape(len(ticket), g.inputs, g.taps)
            phi = torch.stack([by_tap.relu(), (-by_tap).relu()], dim=2).flatten(1)
            kernels = K.reshape(g.outputs, g.inputs, g.taps)
            start = torch.stack([kernels, -kernels], dim=2).flatten(1)
        scale = float(phi.square().mean())
        if g.bias is not None:
            bias = torch.from_numpy(g.bias[g.rows(group)])
            wanted = wanted + bias
            phi = torch.cat([phi, phi.new_ones(len(phi), 1)], 1)
            start = torch.cat([start, bias[:, None]], 1)
        ridge = RIDGE * scale + 1e-9
        H = phi.T @ phi / len(phi)
        H.diagonal().add_(ridge)
        moments = phi.T @ wanted / len(phi) + ridge * start.T
        if not (H.isfinite().all() and moments.isfinite().all()):
            raise ValueError(
                f"images: layer {g.name} has inputs up to {float(phi.abs().max()):.0e} on them, "
                "the squares of which float64 does not hold, takes smaller ones, or targets='bias'"
            )
        factor = torch.linalg.cholesky(H)
        self.fitted = torch.cholesky_solve(moments, factor).T.contiguous()
        self.factor = torch.linalg.cholesky(torch.cholesky_inverse(factor), upper=True)
        self.place = 0

    def target(self, feature: Feature) -> FloatArray:
        """(outputs, taps): the fitted weights, with the errors so far absorbed."""
        if feature.bias:
            return self.at_tap(self.fitted[:, self.place].numpy())
        return self.fitted[:, self._now()].numpy().copy()

    def settle(self, feature: Feature, achieved: FloatArray) -> None:
        """Let what comes later absorb the error."""
        if feature.bias:
            return
        now, later = self._now(), slice(self.place + self.geometry.taps, None)
        error = self.fitted[:, now] - torch.from_numpy(achieved)
        block = self.factor[now, now]
        moved = torch.linalg.solve_triangular(block, error, upper=True, left=False)
        self.fitted[:, later] -= moved @ self.factor[now, later]
        self.place += self.geometry.taps

    def _now(self) -> slice:
        return slice(self.place, self.place + self.geometry.taps)


def strategy(targets: str, geometry: Geometry, kernels: Kernels, sample: Sample | None) -> Plain:
    """The strategy of a name of `TARGETS`."""
    if targets == "plain" or sample is None:
        return Plain(geometry, kernels)
    return {"bias": Bias, "feedback": Feedback}[targets](geometry, kernels, sample)
