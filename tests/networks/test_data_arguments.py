"""Images and labels of every sort: taken as they are meant, or refused by name."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth import learned, networks, supnorm, tickets
from slth.networks.arguments import as_images, as_labels
from slth.tickets import measure

X = torch.from_numpy(np.random.default_rng(2).uniform(-1, 1, (9, 1, 6, 6)))
Y = torch.tensor([0, 1, 2, 2, 1, 0, 0, 1, 2])
NET = networks.build_network([3], padding=0, input_shape=(1, 6, 6), classes=3, seed=1)
MASK = learned.learn("magnitude", NET, X, Y, kept_fraction=0.5, epochs=1)


def _learn(x: Any, y: Any) -> learned.LearnedMask:
    return learned.learn("edge_popup", NET, x, y, kept_fraction=0.5, epochs=1)


TAKERS: dict[str, Any] = {
    "train": lambda x, y: networks.train(NET, x, y, epochs=1),
    "learn": _learn,
    "learn_all": lambda x, y: learned.learn_all(
        "magnitude", [NET], x, y, kept_fractions=[0.5], seeds=[0], epochs=1
    ),
    "control": lambda x, y: learned.control("shuffled", MASK, x, y),
    "accuracy": lambda x, y: tickets.accuracy(network=NET, images=x, labels=y),
    "mask": MASK.accuracy,
}
IMAGE_TAKERS: dict[str, Any] = TAKERS | {
    "decisions": lambda x, y: tickets.decisions(NET, x),
    "data_error": lambda x, y: tickets.data_error(target=NET, ticket=MASK.network, images=x),
    "mask error": lambda x, y: MASK.data_error(NET, x),
}

ODD_IMAGES: dict[str, tuple[Any, type[Exception], str]] = {
    "uint8": ((X * 9).to(torch.uint8), TypeError, r"got dtype torch.uint8.*images / 255"),
    "int": (X.long(), TypeError, "got dtype torch.int64"),
    "bool": (X > 0, TypeError, "got dtype torch.bool"),
    "complex": (X + 0j, TypeError, "got dtype torch.complex128"),
    "sparse": (X.reshape(9, 36).to_sparse(), TypeError, "got torch.sparse_coo.*to_dense"),
    "meta": (X.to("meta"), ValueError, "got a tensor on the meta device"),
    "masked": (np.ma.masked_array(X.numpy(), X.numpy() > 0), TypeError, "got a masked array"),
    "objects": (X.numpy().astype(object), TypeError, "got dtype object"),
    "long double": (X.numpy().astype(np.longdouble), TypeError, "got dtype"),
    "text": ("images", TypeError, "got dtype <U6"),
    "none": (None, TypeError, "got NoneType"),
    "ragged": ([[0.1], [0.1, 0.2]], TypeError, "got list"),
    "empty": (X[:0], ValueError, r"got shape \(0, 1, 6, 6\)"),
    "one number": (torch.tensor(0.5), ValueError, r"got shape \(\)"),
    "nan": (X.where(X > 0, torch.nan), ValueError, "got NaN or inf"),
    "other size": (X[..., :5], ValueError, r"got shape \(m, 1, 6, 5\), which .* does not take"),
}
ODD_LABELS: dict[str, tuple[Any, type[Exception], str]] = {
    "beyond": (Y + 3 * (Y == 2), ValueError, r"got 5 at \[2\], takes 0 … 2, the network's 3"),
    "negative": (Y - 1, ValueError, r"got -1 at \[0\], takes 0 … 2"),
    "ignored": (Y.where(Y > 0, -100), ValueError, r"got -100 at \[0\]"),
    "from one": (Y + 1, ValueError, r"got 3 at \[2\]"),
    "huge": (Y.numpy().astype(np.uint64) + 2**63, ValueError, r"got 9\d+ at \[0\], takes 0"),
    "float": (Y.double(), TypeError, "got dtype torch.float64"),
    "bool": (Y > 0, TypeError, "got dtype torch.bool"),
    "one hot": (nn.functional.one_hot(Y), ValueError, r"got shape \(9, 3\), takes \(9,\)"),
    "short": (Y[:4], ValueError, r"got shape \(4,\)"),
    "sparse": (Y.to_sparse(), TypeError, "got torch.sparse_coo"),
    "meta": (Y.to("meta"), ValueError, "got a tensor on the meta device"),
    "text": (["a"] * 9, TypeError, "got dtype <U1"),
    "masked": (np.ma.masked_array(Y.numpy(), Y.numpy() > 0), TypeError, "got a masked array"),
}


@pytest.mark.parametrize("sort", ODD_IMAGES)
@pytest.mark.parametrize("taker", IMAGE_TAKERS)
def test_odd_images_are_refused_by_name(taker, sort):
    images, kind, words = ODD_IMAGES[sort]
    with pytest.raises(kind, match=f"^images: {words}"):
        IMAGE_TAKERS[taker](images, Y)


@pytest.mark.parametrize("sort", ODD_LABELS)
@pytest.mark.parametrize("taker", TAKERS)
def test_odd_labels_are_refused_by_name(taker, sort):
    labels, kind, words = ODD_LABELS[sort]
    with pytest.raises(kind, match=f"^labels: {words}"):
        TAKERS[taker](X, labels)


def _read_only(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.flags.writeable = False
    return values


ALIKE: dict[str, Any] = {
    "gradient": lambda: (X.clone().requires_grad_(True), Y),
    "no leaf": lambda: (X.clone().requires_grad_(True) * 1, Y.int()),
    "parameter": lambda: (nn.Parameter(X), Y.to(torch.uint8)),
    "numpy": lambda: (X.numpy(), Y.numpy()),
    "read-only": lambda: (_read_only(X.numpy()), _read_only(Y.numpy())),
    "reversed": lambda: (X.flip(0).numpy()[::-1], Y.flip(0).numpy()[::-1]),
    "big-endian": lambda: (X.numpy().astype(">f8"), Y.numpy().astype(">i4")),
    "lists": lambda: (X.tolist(), Y.tolist()),
    "transposed": lambda: (X.mT.contiguous().mT, Y),
    "inference": lambda: _inferred(),
}


def _inferred() -> tuple[Any, Any]:
    with torch.inference_mode():
        return X.clone(), Y.clone()


@pytest.mark.parametrize("sort", ALIKE)
def test_the_same_numbers_give_the_same_whatever_holds_them(sort):
    x, y = ALIKE[sort]()
    assert torch.equal(measure.outputs(NET, x), measure.outputs(NET, X))
    assert MASK.accuracy(x, y) == MASK.accuracy(X, Y)
    for taker in ("train", "learn"):
        ours, theirs = TAKERS[taker](x, y), TAKERS[taker](X, Y)
        pair = (ours, theirs) if taker == "train" else (ours.network, theirs.network)
        assert all(torch.equal(a, b) for a, b in zip(*(n.parameters() for n in pair), strict=True))


def test_what_is_read_shares_no_history_and_is_never_written():
    x = X.clone().requires_grad_(True)
    assert not as_images(x).requires_grad
    assert as_labels(Y, 9, classes=3) is not None
    half = as_images(X.to(torch.float8_e4m3fn))
    assert half.dtype == torch.float64


WATCHES: dict[str, tuple[Any, str]] = {
    "labels": ((X, Y + 1, 1), "^watch labels: got 3"),
    "images": ((X / 0, Y, 1), "^watch images: got NaN"),
    "epoch": ((X, Y, -1), "^watch epoch: got -1"),
}


@pytest.mark.parametrize("sort", WATCHES)
def test_watched_data_are_checked_too(sort):
    watch, words = WATCHES[sort]
    with pytest.raises(ValueError, match=words):
        learned.learn("magnitude", NET, X, Y, kept_fraction=0.5, epochs=1, watch=watch)


@pytest.mark.parametrize("outputs", [torch.zeros(9, 4), torch.zeros(8, 3), torch.zeros(9, 3, 1)])
def test_outputs_to_imitate_have_the_network_s_shape(outputs):
    with pytest.raises(ValueError, match=r"^outputs: got .*takes \(9, 3\)"):
        learned.learn("edge_popup", NET, X, outputs=outputs, kept_fraction=0.5, epochs=1)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_every_room_works_inside_no_grad_and_inference_mode(mode):
    """The same as outside, and what was made inside goes on being used outside."""
    with mode():
        net = networks.build_network([3], padding=0, input_shape=(1, 6, 6), classes=3, seed=1)
        x = X * 1.0
        made = {taker: call(x, Y) for taker, call in TAKERS.items()}
        target = networks.normalise(networks.build_dense_network([3, 3, 2]))[0]
        ticket = tickets.build("rss_dense", target, n=8, seed=1)
        control = tickets.random_control(ticket)
        quick: dict[str, Any] = {"input_shape": (3,), "samples": 8, "restarts": 1, "steps": 2}
        found = supnorm.bracket(target, ticket.ticket, splits=4, **quick)
        exact = supnorm.exact(target, control.target, input_shape=(3,))
        supnorm.bracket_around(target, ticket.ticket, torch.zeros(1, 3).double(), 0.1)
        signed = learned.signed_constant(net)
    again = supnorm.bracket(target, ticket.ticket, splits=4, **quick)
    assert (found.lower, found.upper) == (again.lower, again.upper)
    assert exact == supnorm.exact(target, control.target, input_shape=(3,))
    outside = TAKERS["train"](X, Y)
    assert all(
        torch.equal(a, b)
        for a, b in zip(made["train"].parameters(), outside.parameters(), strict=True)
    )
    networks.train(made["train"], x, Y, epochs=1)
    for network in (net, signed, made["learn"].network, made["learn"].masked()):
        learned.learn("magnitude", network, x, Y, kept_fraction=0.5, epochs=1)
