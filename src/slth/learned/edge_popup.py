"""Edge-popup: every unit has a score, the best are kept, and gradients reach all scores."""

from dataclasses import dataclass
from typing import ClassVar

from slth.learned.base import Method
from slth.learned.choice import choose, straight_through
from slth.learned.task import Task
from slth.learned.units import Tensors


@dataclass(frozen=True)
class EdgePopup(Method):
    """The κ-share of each layer with the largest |s|; ∂L/∂s as if the mask were |s|.

    Kept weights are the source's, times √(1/κ) a layer, which restores the variance that the
    removed ones had; on a network without biases that changes no decision. ours: Adam in place of
    SGD with momentum, and filters as units.
    """

    name: ClassVar[str] = "edge_popup"
    weights: ClassVar[str] = "source"
    source: ClassVar[str] = "Ramanujan, Wortsman, Kembhavi, Farhadi, Rastegari (CVPR 2020)"
    learning_rate: ClassVar[float] = 0.01

    def search(self, task: Task) -> tuple[Tensors, Tensors]:
        scores = initial_scores(task)
        counts = task.counts
        fixed = {name: task.source(name) for name in task.units.shapes}
        scales = variance_scale(task)

        def weights() -> Tensors:
            size = {n: s.abs() for n, s in scores.items()}
            chosen = choose(size, counts)
            factors = task.units.spread({n: straight_through(chosen[n], size[n]) for n in size})
            return {n: w * scales[n] * factors.get(n, 1.0) for n, w in fixed.items()}

        task.descend(list(scores.values()), weights, task.learning_rate)
        return choose({n: s.abs() for n, s in scores.items()}, counts), self.untouched(task)

    def finish(
        self, task: Task, keep: Tensors, start: Tensors
    ) -> tuple[Tensors | None, dict[str, float]]:
        return None, variance_scale(task)


def initial_scores(task: Task) -> Tensors:
    """Scores of every unit, uniform on ±1/√(fan-in) as in the paper's code; leaves of autograd."""
    made = {}
    for name, size in task.units.sizes.items():
        bound = task.units.shapes[name][1:].numel() ** -0.5
        values = task.draw("scores", name).uniform(-bound, bound, tuple(size))
        made[name] = task.tensor(values).requires_grad_(True)
    return made


def variance_scale(task: Task) -> dict[str, float]:
    """√(1/κ) for each masked layer, κ the share of its inputs' weights that remain."""
    share = task.kept_fraction
    if task.units.granularity == "filter":
        return dict.fromkeys(task.units.shapes, 1.0)
    return dict.fromkeys(task.units.shapes, share**-0.5)
