"""Networks with state or chance: gradients on, draws from a seed, running statistics made anew."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from slth import seeding
from slth.networks.determinism import one_thread

Tracking = _BatchNorm | _InstanceNorm


@contextmanager
def recording() -> Iterator[None]:
    """Gradients recorded and no autocast inside, whatever `no_grad`, `inference_mode` say outside.

    Also a decorator.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(_full_precision())
        yield


@contextmanager
def watching() -> Iterator[None]:
    """No gradients, no autocast, one thread, and torch's generators as they were afterwards."""
    with torch.no_grad(), _full_precision(), one_thread(), torch.random.fork_rng(devices=[]):
        yield


@contextmanager
def chance(seed: int, device: torch.device) -> Iterator[None]:
    """What modules draw inside comes from ``seed``; torch's generators go on as before."""
    cuda = device.type == "cuda"
    place = torch.cuda.current_device() if cuda and device.index is None else device.index
    with torch.random.fork_rng(devices=[place] if cuda else []):
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.default_generators[place].manual_seed(seed)
        yield


def tracking(network: nn.Module) -> list[Tracking]:
    """Modules in training mode whose running statistics training changes."""
    return [
        m
        for m in network.modules()
        if isinstance(m, (_BatchNorm, _InstanceNorm)) and m.training and m.running_mean is not None
    ]


def settle(network: nn.Module, images: Tensor, batch_size: int, seed: int) -> None:
    """Make the running statistics of the modules in training mode those of ``images``, in place.

    One pass over the images (m, …) in equal minibatches of a seeded order, each with the same
    weight; only what keeps the statistics is in training mode meanwhile, so nothing is drawn.
    Modules in eval mode keep theirs. Modes are restored. Source: `torch.optim.swa_utils.update_bn`.
    """
    known = tracking(network)
    if not known:
        return
    modes = [(module, module.training) for module in network.modules()]
    momenta = [module.momentum for module in known]
    order = seeding.generator(seed, "running statistics").permutation(len(images))
    parts = torch.from_numpy(order).to(images.device).tensor_split(-(-len(images) // batch_size))
    try:
        for module, _ in modes:
            module.training = module in known
        for module in known:
            module.reset_running_stats()
        with watching():
            for k, rows in enumerate(parts, 1):
                for module in known:
                    module.momentum = 1 / k
                network(images[rows])
    finally:
        for module, mode in modes:
            module.training = mode
        for module, momentum in zip(known, momenta, strict=True):
            module.momentum = momentum


def refuse_batch_statistics(network: nn.Module, name: str) -> None:
    """Raise ValueError for batch norm without running statistics: its images change each other."""
    for label, module in network.named_modules():
        if isinstance(module, _BatchNorm) and module.running_mean is None:
            raise ValueError(
                f"{name}: module {label} ({type(module).__name__}) normalises by the images of "
                "the minibatch, takes track_running_stats=True"
            )


@contextmanager
def _full_precision() -> Iterator[None]:
    with ExitStack() as stack:
        for kind in ("cpu", "cuda"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        yield
