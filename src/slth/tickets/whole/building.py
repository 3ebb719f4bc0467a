"""`build` for whole networks: checks, the source, every layer imitated, the warning."""

import warnings
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from slth import checks
from slth.networks.arguments import Data, as_images, of_images
from slth.networks.graph import Dense
from slth.networks.network import Network
from slth.solvers._base import Solver
from slth.tickets.empty import EmptySubsetWarning, warning_of
from slth.tickets.whole.gains import REACH, scaled
from slth.tickets.whole.geometry import Blocks, geometry, nonnegative_values
from slth.tickets.whole.imitate import Imitated, imitate
from slth.tickets.whole.records import silent, table
from slth.tickets.whole.search import AUTO, Searcher
from slth.tickets.whole.source import Source
from slth.tickets.whole.targets import TARGETS
from slth.tickets.whole.ticket import WholeTicket

MOST = 2**24  # n
FEW = 5000  # images that targets are fitted on, at most


@dataclass(frozen=True)
class WholeOptions:
    """Options of `structured_convolution` for whole networks.

    granularity, block, largest_d: what is kept or removed at once, `Blocks`.

    gain: "reach": c·K is imitated by V of deviation 1/c, c the largest power of two that keeps the
    subset problems of a layer, or of each of its groups, well within reach of sums (`scaled`): the
    least error for an n. A number: the largest entry of c·K, c the power of two that comes nearest
    for each layer (less where biases would be out of reach, or d ≤ 2); None: c = 1. By the
    homogeneity of ReLU it is one N(0, 1) network that imitates the target K·c, its biases times the
    product of the c so far, divided by the product of all at the end; put where V is drawn it needs
    no homogeneity, and sums of branches need no common c. The theorem's ‖K‖₁ ≤ 1 then holds for
    c·K no longer.

    targets: "plain"; "bias": biases are corrected by the mean error on images; "feedback": weights
    are fitted to the ticket's own activations of images, later inputs absorb earlier errors, biases
    come last. Theorems are about "plain" alone. nonnegative_input: inputs are known to be ≥ 0.
    readout: "ticket", or "exact": a last dense layer is copied.
    """

    granularity: str = "filter"
    block: int | None = None
    largest_d: int | None = None
    gain: float | str | None = None
    targets: str = "plain"
    nonnegative_input: bool = False
    readout: str = "ticket"

    def __post_init__(self) -> None:
        Blocks(self.granularity, self.block, self.largest_d)
        if isinstance(self.gain, str):
            checks.choice("gain", self.gain, [REACH])
        elif self.gain is not None:
            checks.positive("gain", self.gain)
        checks.choice("targets", self.targets, TARGETS)
        checks.choice("readout", self.readout, ["ticket", "exact"])
        if not isinstance(self.nonnegative_input, bool):
            raise TypeError(f"nonnegative_input: got {self.nonnegative_input!r}, takes a bool")

    @property
    def blocks(self) -> Blocks:
        """What is kept or removed at once."""
        return Blocks(self.granularity, self.block, self.largest_d)


def build_whole(
    network: Network,
    options: WholeOptions,
    *,
    n: int,
    eps: float | None = None,
    seed: int = 0,
    solver: str | Solver = AUTO,
    budget: int | None = None,
    threads: int | None = None,
    images: Data | None = None,
    plain: WholeTicket | None = None,
) -> WholeTicket:
    """Cut a ticket of a whole network out of a random one; the arguments of `slth.tickets.build`.

    images: (m, *input shape) of targets "bias" and "feedback", refused with "plain". plain: a
    ticket of the same arguments with targets "plain", which has the weights of "bias": biases alone
    are searched then, and the ticket is the same, byte by byte. Warns with
    `EmptySubsetWarning` naming layers. Raises ValueError/TypeError naming the argument. Cost: the
    subset problems, and drawing what they look at: 10 ns a candidate's number.
    """
    n = checks.integer("n", n, 1, MOST)
    seed = checks.integer("seed", seed, low=0)
    searcher = Searcher(eps, solver, budget, seed, threads)
    given = _images(images, options.targets, network)
    layers = list(network.layers)
    if options.readout == "exact" and layers and isinstance(layers[-1], Dense):
        layers = layers[:-1]
    if not layers:
        raise ValueError(
            "target: got no layer to imitate, takes a convolution or dense layer; a readout alone "
            "with readout='ticket'"
        )
    signs = nonnegative_values(network, options.nonnegative_input)
    unscaled = [geometry(s, options.blocks, signs, 1.0) for s in layers]
    source = Source(seed, n, tuple(scaled(g, options.gain, n) for g in unscaled))
    named = solver if isinstance(solver, str) else solver.name
    settings = {"n": n, "eps": eps, "seed": seed, "solver": named, "budget": budget}
    known = None if plain is None else _shared(plain, network, asdict(options), settings)
    done = imitate(network, source, searcher, options.targets, given, known)
    ticket = WholeTicket(network, source, done.layers, done.records, asdict(options), settings)
    empty = silent(ticket.records)
    if empty:  # the table of all problems may be larger than the ticket
        message = warning_of(table(empty, eps), sum(g.problems for g in source.geometries))
        if message is not None:
            warnings.warn(message, EmptySubsetWarning, stacklevel=3)
    return ticket


def _shared(
    plain: WholeTicket, network: Network, options: dict[str, Any], settings: dict[str, Any]
) -> Imitated:
    """What a plain ticket chose; ValueError unless "bias" of these arguments shares it."""
    wanted = options | {"targets": "plain"}
    same = plain.target is network and (plain.options, plain.settings) == (wanted, settings)
    if options["targets"] != "bias" or not same:
        raise ValueError(
            f"plain: got a ticket of {plain.options}, {plain.settings}, takes one of the same "
            "network and arguments, with targets='bias' here and 'plain' there"
        )
    return Imitated(plain.layers, plain.records)


def _images(images: Data | None, targets: str, network: Network) -> Tensor | None:
    if targets == "plain":
        if images is not None:
            raise ValueError(
                "images: got images, takes None with targets='plain', which does not look at data; "
                "use targets='feedback' or 'bias'"
            )
        return None
    if images is None:
        raise ValueError(f"images: got None, takes a few hundred with targets={targets!r}")
    x = as_images(images)
    if len(x) > FEW:
        raise ValueError(f"images: got {len(x)}, takes at most {FEW}; a few hundred are enough")
    if tuple(x.shape[1:]) != network.input_shape:
        raise ValueError(
            f"images: got shape {tuple(x.shape)}, takes {of_images(network.input_shape)}; give an "
            "example= of another shape where the network takes several"
        )
    return x
