"""What was read of a module against what the module gives, in the box and far beyond it."""

import torch
from torch import Tensor, nn

from slth.networks import probes
from slth.networks.evaluation import copied
from slth.networks.graph import INPUT, Convolution, Dense
from slth.networks.modes import watching
from slth.networks.network import Network

LARGE = 2**27  # multiplications of an input beyond which few are compared
# dtype → the largest difference, relative to the sums behind the largest output, that rounding is
SAME = {torch.float64: 1e-9, torch.float32: 1e-4, torch.bfloat16: 0.1, torch.float16: 0.03}


def compare(name: str, module: nn.Module, network: Network) -> None:
    """Raise ValueError unless the network computes what the module, in eval mode, does.

    On `probes.inputs`: corners, random points, spikes and zeros of [-1, 1] and of boxes 10 and 1000
    times as wide; fewer where an input costs more than 2²⁷ multiplications. In float64, or in the
    module's own precision where its forward pass converts values itself. Differences are relative
    to the largest sum |W||x| + |b| of the last layer, input by input.
    """
    one = torch.ones(network.input_shape, dtype=torch.float64)
    few = network.multiplications > LARGE
    twin, dtype = _running(name, module, one[None])
    with watching():
        inputs = probes.inputs((-one, one), few=few)
        for x in (inputs[0][:1], *inputs):  # one input alone too
            agrees(name, network, x, _outputs(name, twin, x, dtype), SAME[dtype])


def agrees(name: str, network: Network, x: Tensor, wanted: Tensor, same: float) -> None:
    """Raise ValueError unless the network's outputs for x are ``wanted``, up to ``same``."""
    got, size = _with_size(network, x)
    if got.shape != wanted.shape or not bool(torch.isfinite(wanted).all()):
        _disagree(name, got, wanted)
    allowed = same * torch.maximum(size, _largest(wanted)) + 1e-300
    if not bool(((got - wanted).abs() <= allowed.view(-1, *(1,) * (got.ndim - 1))).all()):
        _disagree(name, got, wanted)


def _disagree(name: str, got: Tensor, wanted: Tensor) -> None:
    if got.shape == wanted.shape and not bool(torch.isfinite(wanted).all()):
        raise ValueError(f"{name}: gives outputs that are not finite, takes smaller weights")
    differ = got.shape == wanted.shape
    by = f"differ by up to {float((got - wanted).abs().max()):.3g}" if differ else (
        f"have shape {tuple(got.shape[1:])} in place of {tuple(wanted.shape[1:])}"
    )  # fmt: skip
    raise ValueError(
        f"{name}: got a module whose outputs its steps do not reproduce (they {by}), takes one "
        "that maps every input by itself and always by the same steps, without values that are "
        "changed in place"
    )


def _with_size(network: Network, x: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs, and for each input the largest Σ|W||x| + |b| of the last layer that ran."""
    chunk = max(1, probes.ENTRIES // max(1, x[0].numel()))
    outputs, sizes = [], []
    for part in x.split(chunk):
        size, held = torch.zeros(len(part), dtype=torch.float64), {}
        for name, value in network.running(part):
            held[name] = value
            if name == INPUT or not isinstance(step := network.step(name), (Convolution, Dense)):
                continue
            bias = None if step.bias is None else step.bias.abs()
            above = type(step)(**{**vars(step), "weight": step.weight.abs(), "bias": bias})
            size = _largest(above(held[step.inputs[0]].abs()))
        outputs.append(value)
        sizes.append(size)
    return torch.cat(outputs), torch.cat(sizes)


def _largest(values: Tensor) -> Tensor:
    return values.abs().flatten(1).amax(1)


def _running(name: str, module: nn.Module, x: Tensor) -> tuple[nn.Module, torch.dtype]:
    """A copy on the CPU that runs, and its precision: float64 where it can be."""
    own = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float64)
    refused: ValueError | None = None
    for dtype in dict.fromkeys([torch.float64, own, torch.float32]):
        twin = copied(module, name).eval().to("cpu", dtype)
        try:
            with watching():
                _outputs(name, twin, x, dtype)
            return twin, dtype
        except ValueError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _outputs(name: str, twin: nn.Module, x: Tensor, dtype: torch.dtype) -> Tensor:
    return probes.evaluate(name, twin, x.to(dtype)).to(torch.float64)
