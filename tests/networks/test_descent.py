"""The training loop takes the steps of torch.optim.Adam under a half cosine."""

import torch

from slth.networks.descent import descend


def test_steps_are_those_of_torch() -> None:
    generator = torch.Generator().manual_seed(5)
    A = torch.randn(40, 3, 2, generator=generator, dtype=torch.float64)
    ours = [torch.ones(3, 2, dtype=torch.float64), torch.ones(4, dtype=torch.float64)]
    theirs = [weight.clone() for weight in ours]
    for weight in (*ours, *theirs):
        weight.requires_grad_(True)
    seen: list[torch.Tensor] = []
    epochs: list[int] = []

    def value(rows: torch.Tensor, weights: list[torch.Tensor]) -> torch.Tensor:
        return ((A[rows] * weights[0]).sum((1, 2)) - 1).square().mean()

    def loss(rows: torch.Tensor) -> torch.Tensor:
        seen.append(rows)
        return value(rows, ours)

    descend(
        ours,
        loss,
        40,
        epochs=3,
        batch_size=16,
        learning_rate=0.1,
        seed=2,
        after_epoch=epochs.append,
    )
    optimiser = torch.optim.Adam(theirs, lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 9)
    for rows in seen:
        optimiser.zero_grad()
        value(rows, theirs).backward()
        optimiser.step()
        schedule.step()
    assert epochs == [1, 2, 3]
    assert [len(rows) for rows in seen] == [16, 16, 8] * 3
    assert sorted(torch.cat(seen[:3]).tolist()) == list(range(40))
    assert torch.allclose(ours[0], theirs[0], rtol=0, atol=1e-12)
    assert torch.equal(ours[1], theirs[1])  # no gradient, no step
