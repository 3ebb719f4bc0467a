"""The small classifiers: their sizes, and that what is read of them computes the same."""

import pytest
import torch

from slth import networks
from slth.networks import zoo
from slth.networks.fitting import fit

SIZES = {  # weights and biases, counted by hand; batch norm has two a channel
    "lenet": 156 + 2416 + 48120 + 10164 + 850,
    "vgg": 9 * (16 + 16 * 32 + 32 * 32) + 2 * 80 + 330,
    "resnet": 9 * (16 + 2 * 256 + 512 + 1024) + 512 + 2 * (16 * 3 + 32 * 3) + 330,
    "resnet20": 272_474 - 2 * 9 * 16,  # of one colour, two less than the published three
    "mobilenet": 9 * (16 + 16 + 32 + 64) + 512 + 2048 + 4096 + 2 * (16 * 2 + 64 + 3 * 64) + 650,
    "dense": 397_000,  # as published
}


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_networks_have_their_size_and_are_read(name: str) -> None:
    module = zoo.build(name, seed=1).eval()
    assert sum(p.numel() for p in module.parameters()) == SIZES[name]
    x = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = module(x).double()
    found = networks.from_torch(module, x[:1])(x)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_seeds_decide_and_the_global_generator_stays() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one, same, other = (zoo.build("lenet", seed=seed) for seed in (5, 5, 6))
    assert torch.equal(before, torch.get_rng_state())
    first, again, changed = (next(each.parameters()) for each in (one, same, other))
    assert torch.equal(first, again)
    assert not torch.equal(first, changed)


def _two_kinds() -> tuple[torch.Tensor, torch.Tensor]:
    """Bright upper or lower halves."""
    draws = torch.Generator().manual_seed(1)
    labels = torch.arange(120) % 2
    images = 0.3 * torch.rand(120, 1, 28, 28, generator=draws)
    images[labels == 0, :, 4:12] += 0.5
    images[labels == 1, :, 16:24] += 0.5
    return images, labels


@pytest.mark.parametrize("name", ["vgg", "dense"])
def test_fit_learns_the_same_on_any_number_of_threads(name: str) -> None:
    images, labels = _two_kinds()
    start = zoo.build(name, classes=2, seed=2)
    kept = {key: value.clone() for key, value in start.state_dict().items()}
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(fit(start, images, labels, epochs=4, batch_size=20, seed=3))
    torch.set_num_threads(1)
    first, second = (each.state_dict() for each in found)
    assert all(torch.equal(value, second[key]) for key, value in first.items())
    assert all(torch.equal(value, kept[key]) for key, value in start.state_dict().items())
    assert (found[0](images).argmax(1) == labels).float().mean() > 0.95
    other = fit(start, images, labels, epochs=1, batch_size=20, seed=4).state_dict()
    again = fit(start, images, labels, epochs=1, batch_size=20, seed=3).state_dict()
    assert any(not torch.equal(value, again[key]) for key, value in other.items())


def test_a_batch_larger_than_the_data_is_refused() -> None:
    images, labels = _two_kinds()
    with pytest.raises(ValueError, match="batch_size: got 500 for 120 images"):
        fit(zoo.build("dense"), images, labels, batch_size=500)
