"""What was read of a network against what the network returns, in the box and far beyond it."""

import copy
import math

import torch
from torch import Tensor, nn

from slth import seeding
from slth.networks import gate
from slth.networks.determinism import one_thread
from slth.networks.evaluation import copied

BEYOND = (10.0, 1000.0)  # times the box
EACH = 4  # random probes of a kind
ENTRIES = 2**14  # of the probes that run at a time
LARGE = 2**31  # multiplications of a probe, about, beyond which there are few
_UNIT = 2.0**-53

Box = tuple[Tensor, Tensor]


def inputs(box: Box, nonnegative: bool = False, few: bool = False) -> list[Tensor]:
    """Probes (count, …) of the box, and of boxes 10 and 1000 times as wide: a batch each.

    Corners, zeros, the centre, random corners, points and single spikes; always the same ones.
    nonnegative: only x ≥ 0. few: two of a batch.
    """
    lo, hi = box
    centre = lo / 2 + hi / 2
    half = (hi / 2 - lo / 2).clamp(min=float((hi / 2 - lo / 2).max()) or 1.0)
    rng = seeding.generator(0, "probes", *map(int, lo.shape))

    def draw() -> Tensor:
        return torch.from_numpy(rng.uniform(-1.0, 1.0, (EACH, *lo.shape)))

    def spikes(reach: Tensor) -> Tensor:
        made = torch.zeros(2 * EACH, lo.numel(), dtype=lo.dtype)
        at = torch.from_numpy(rng.integers(lo.numel(), size=2 * EACH))
        signs = torch.tensor([1.0, -1.0], dtype=lo.dtype).repeat(EACH)
        made[torch.arange(2 * EACH), at] = signs * reach.flatten()[at]
        return made.reshape(-1, *lo.shape)

    inside = torch.where(draw() < 0, lo, hi), lo + (hi - lo) * (draw() / 2 + 0.5)
    batches = [torch.cat([torch.stack([lo, hi, centre]), *inside])]
    for times in BEYOND:
        wide = times * half
        corners = torch.stack([centre - wide, centre + wide])
        points = centre + wide * draw()
        batches.append(torch.cat([corners, points, spikes(wide), 0 * lo[None]]))
    batches = [batch.clamp(min=0.0) if nonnegative else batch for batch in batches]
    return [batch[[1, -2]] if few else batch for batch in batches]


def evaluate(name: str, module: nn.Module, x: Tensor) -> Tensor:
    """Outputs (count, …) on probes, a few at a time; ValueError where the module does not run."""
    try:
        with torch.no_grad(), one_thread():
            chunk = max(1, ENTRIES // max(1, x[0].numel()))
            return torch.cat([module(part.clone()) for part in x.split(chunk)])
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"{name}: got a network that does not run on inputs of shape {tuple(x.shape[1:])} "
            f"({reason}), takes one whose layers fit"
        ) from None


def reproduces(name: str, network: nn.Module, read: nn.Module, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless ``read``, made of what was read, computes what the network does.

    shape: of an input. Compared in float64 on [-1, 1] and on boxes 10 and 1000 times as wide, up to
    the rounding of sums as large as Σ|weights|·|x|. Cost: some 40 inputs through three networks.
    """
    gate.check_tensors(name, network)
    one = torch.ones(shape, dtype=torch.float64)
    size = sum(p.numel() for p in read.parameters()) * math.prod(shape[1:])
    twin = double(name, network)
    depth = sum(p[:1].numel() + 4 for p in read.parameters())
    for x in inputs((-one, one), few=size > LARGE):
        wanted, got = evaluate(name, twin, x), evaluate(name, read, x)
        if not torch.equal(wanted, got):
            bound = evaluate(name, _magnitude(read), x.abs())
            agree(name, wanted, got, 4 * depth * _UNIT * (bound + 1e-300))


def agree(name: str, wanted: Tensor, got: Tensor, allowed: Tensor) -> None:
    """Raise ValueError unless |wanted − got| ≤ allowed wherever that is finite."""
    if got.shape != wanted.shape or not bool(
        ((got - wanted).abs() <= allowed).logical_or(~allowed.isfinite()).all()
    ):
        raise ValueError(
            f"{name}: got a network that its layers do not reproduce, takes one that is the "
            "sequence of its modules"
        )


def double(name: str, network: nn.Module) -> nn.Module:
    """The network itself if it is float64 on the CPU, else such a copy."""
    tensors = [*network.parameters(), *(b for b in network.buffers() if b.is_floating_point())]
    if all(t.dtype == torch.float64 and t.device.type == "cpu" for t in tensors):
        return network
    return copied(network, name).to("cpu", torch.float64)


def _magnitude(read: nn.Module) -> nn.Module:
    """The network with |weights| and without activations: a bound of every sum of terms."""
    made = copy.deepcopy(read)
    with torch.no_grad():
        for tensor in (*made.parameters(), *made.buffers()):
            if tensor.is_floating_point():
                tensor.abs_()
    for module in made.modules():
        for key, child in module._modules.items():
            if isinstance(child, (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid)):
                module._modules[key] = _Above()
    return made


class _Above(nn.Module):
    """x + 1 ≥ σ(u) for every activation σ that is read and |u| ≤ x."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 1
