"""Training of any classifier, batch norm included: same seed, same bytes, on one thread."""

import copy

import torch
from torch import Tensor, nn

from slth import checks, seeding
from slth.networks.determinism import one_thread

LAYOUT = torch.channels_last  # in which small convolutions train up to twice as fast


def fit(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    epochs: int = 15,
    batch_size: int = 50,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-3,
    shift: int = 2,
    seed: int = 0,
) -> nn.Module:
    """Return a trained copy of ``network`` in eval mode; the argument is left as it was.

    AdamW on cross entropy under a one-cycle learning rate (Smith, Topin 2019) whose peak is
    ``learning_rate``. Every minibatch is rolled by up to ``shift`` pixels in either direction.
    images: (m, c, h, w) of the network's precision; labels: (m,) integers. Order and shifts come
    from ``seed``. Cost: epochs·m forward and backward passes.
    """
    steps = checks.integer("epochs", epochs, 1) * (len(images) // batch_size)
    if steps == 0:
        raise ValueError(f"batch_size: got {batch_size} for {len(images)} images, takes fewer")
    trained = copy.deepcopy(network).to(memory_format=LAYOUT)  # type: ignore[call-overload]
    trained.train().requires_grad_(True)
    weights = list(trained.parameters())
    descent = torch.optim.AdamW(weights, learning_rate, weight_decay=weight_decay)
    rate = torch.optim.lr_scheduler.OneCycleLR(descent, learning_rate, total_steps=steps)
    rng = seeding.generator(seed, "fit")
    with one_thread(), torch.enable_grad():
        for _ in range(epochs):
            order = torch.from_numpy(rng.permutation(len(images)))
            for rows in order[: len(images) // batch_size * batch_size].split(batch_size):
                by = rng.integers(-shift, shift + 1, 2)
                x = torch.roll(images[rows], (int(by[0]), int(by[1])), (2, 3))
                x = x.contiguous(memory_format=LAYOUT)
                descent.zero_grad()
                nn.functional.cross_entropy(trained(x), labels[rows]).backward()
                descent.step()
                rate.step()
    trained = trained.to(memory_format=torch.contiguous_format)
    return trained.eval().requires_grad_(False)
