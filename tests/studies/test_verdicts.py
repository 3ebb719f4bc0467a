"""Each verdict is reached by data made for it, and by no other: every member of every Enum."""

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from slth.studies.atlas import claims_least, claims_sizes
from slth.studies.atlas.claims_answers import gap
from slth.studies.atlas.claims_centred import fewer, growth, moved, near
from slth.studies.atlas.claims_covering import conditional, extra
from slth.studies.atlas.claims_entropy import entropy_law
from slth.studies.atlas.claims_scales import explained
from slth.studies.atlas.claims_sufficient import sizes
from slth.studies.atlas.wordings import Conditional, Extra, Gap, Inside, Law, Misses
from slth.studies.atlas.wordings_centred import Centred, Growth, Moved, Sized
from slth.studies.atlas.wordings_laws import Entropy, Explained, Sizes
from slth.studies.benchmark.claims import asked
from slth.studies.benchmark.wordings import Asked
from slth.studies.depth.claims import adding_up, theorem
from slth.studies.depth.wordings import Sum, Theorem
from slth.studies.latency.claims import origin, saving
from slth.studies.latency.wordings import Origin, Saving
from slth.studies.learned.claims import figures
from slth.studies.learned.claims_margins import left, start
from slth.studies.learned.margins import Margin
from slth.studies.learned.wordings import Figures, Left, Start
from slth.studies.price.claims import halving
from slth.studies.price.claims_widths import structure
from slth.studies.price.wordings import Halving, Structure
from slth.studies.printing.published import DENSE
from slth.studies.replicas import claims as replicas
from slth.studies.replicas.claims_sums import imitated, judged, reason
from slth.studies.replicas.published import spread
from slth.studies.replicas.wordings import Imitated, Judged, Mean, Reason, Result, Size, Weights
from slth.studies.restrictions.claims import effects
from slth.studies.restrictions.ratios import Ratio
from slth.studies.restrictions.wordings import Effect
from slth.studies.sandwich import claims as sandwich
from slth.studies.sandwich.wordings import Bracketed, Crown, Slope, Sound, Split, Tight
from slth.studies.threshold import claims as threshold
from slth.studies.threshold import wordings as threshold_words
from slth.studies.tickets import claims as tickets
from slth.studies.tickets.claims_accuracy import narrowing
from slth.studies.tickets.claims_answers import error_falls
from slth.studies.tickets.claims_blocks import decisions_changed
from slth.studies.tickets.wordings import Abstract, Decisions, Exact, Narrowing, Order, Trend

NONE = pd.DataFrame()
NAN = float("nan")


class Case(NamedTuple):
    """A verdict function, and arguments for every member of its Enum."""

    verdict: Callable[..., Enum]
    arguments: dict[Enum, tuple[Any, ...]]


def table(**columns: Any) -> pd.DataFrame:
    """A row per value; a single value stands in every row."""
    rows = max((len(v) for v in columns.values() if isinstance(v, list)), default=1)
    return pd.DataFrame({k: v if isinstance(v, list) else [v] * rows for k, v in columns.items()})


def bracket(lower: float, seen: float) -> pd.DataFrame:
    return table(lower=lower, upper=1.0, data_error=seen)


def arm(*errors: float) -> pd.DataFrame:
    return table(arm="a", n=[10 * (i + 1) for i in range(len(errors))], upper=list(errors))


def points(rate: float, inside: bool, count: int = 4) -> pd.DataFrame:
    return table(
        ensemble="normal", trials=10_000, hits=[10_000 * rate] * count, prediction=0.5,
        inside=inside, confidence=0.99,
    )  # fmt: skip


def losses(hits: int, after: float = 0.9) -> pd.DataFrame:
    return table(problems=10, hits=hits, accuracy_ticket=after, accuracy_target=0.9)


def kept(*values: float) -> Any:
    return spread(pd.Series(values, dtype=float))


def margin(mean: float, half: float) -> Margin:
    return Margin("filter", "magnitude-1-0", "random", False, 4, mean, mean - half, mean + half, 0)


def constants(a: float, half: float) -> pd.DataFrame:
    return table(a_low=a - half, a_high=a + half, b_low=0.4, b_high=0.6)


def interval(prediction: float) -> pd.DataFrame:
    return table(low=0.0, high=1.0, prediction=[prediction] * 5, confidence=0.99)


def ratio(low: float, high: float) -> Ratio:
    return Ratio((low + high) / 2, low, high, np.ones(2))


def effect(*intervals: tuple[float, float]) -> Enum:
    found = effects({str(i): ratio(*ends) for i, ends in enumerate(intervals)})
    return next(verdict for verdict, names in found.items() if "0" in names)


def trend(*values: float) -> Enum:
    return tickets.trend(np.arange(len(values)), np.array(values))


def ratios(*values: float) -> tuple[np.ndarray]:
    return (np.array(values),)


def shift(raw: float, given: float) -> pd.DataFrame:
    ends = {
        "raw_low": raw - 1,
        "raw_high": raw + 1,
        "given_low": given - 1,
        "given_high": given + 1,
    }
    return table(d=[2, 3], raw=raw, given=given, **ends, confidence=0.99)


def excess(*per_cent: float) -> pd.DataFrame:
    d = [8 * 2**i for i in range(len(per_cent))]
    return table(d=d, eps=0.1, n50=100, n=[100 + value for value in per_cent])


def drawn(n: int, *errors: float) -> pd.DataFrame:
    return table(n=n, tensor_error=list(errors))


LENET = table(n=15, size_at_largest=0.1, median_size=0.2)
ADDED = table(layers=2)
KEPT = DENSE["kept"]
CASES = [
    Case(trend, {Trend.ONE_SIZE: (1,), Trend.EVERY_STEP: (4, 3, 2), Trend.OVERALL: (5, 4, 2, 3, 1),
                 Trend.NO_LESS: (1, 3, 0, 2), Trend.RISES: (1, 2, 3)}),
    Case(tickets.bracket_order, {Order.NOTHING: (NONE,), Order.HOLDS: (bracket(0.5, NAN),),
                                 Order.HOLDS_ON_DATA: (bracket(0.5, 0.6),),
                                 Order.VIOLATED: (bracket(0.5, 1.1),)}),
    Case(tickets.exactness, {Exact.NOTHING: (pd.Series(dtype=float),),
                             Exact.DIFFERS: (pd.Series([0.1, 0.0]),),
                             Exact.ONE_EQUAL: (pd.Series([0.0]),),
                             Exact.ALL_EQUAL: (pd.Series([0.0, 0.0]),)}),
    Case(error_falls, {Abstract.NOTHING: (NONE,), Abstract.ERRORS: (arm(1.0, 1.0),),
                               Abstract.ERRORS_FALL: (arm(1.0, 0.5),)}),
    Case(narrowing, {Narrowing.UNKNOWN: ([],), Narrowing.NONE: ([False, False],),
                     Narrowing.SOME: ([True, False],), Narrowing.ONE_ARM: ([True],),
                     Narrowing.ALL: ([True, True],)}),
    Case(decisions_changed, {Decisions.UNKNOWN: (table(decisions_changed=NAN),),
                             Decisions.KEPT: (table(decisions_changed=0),),
                             Decisions.CHANGED: (table(decisions_changed=3),)}),
    Case(threshold.agreement, {
        threshold_words.Agreement.NOTHING: (NONE,),
        threshold_words.Agreement.ONE_INSIDE: (points(0.5, True, 1),),
        threshold_words.Agreement.ALL_INSIDE: (points(0.5, True),),
        threshold_words.Agreement.CHANCE: (points(0.5, False, 1),),
        threshold_words.Agreement.INEXACT: (points(0.5, False),)}),
    Case(threshold.bias, {threshold_words.Bias.UNKNOWN: (points(0.5, True).iloc[:0],),
                          threshold_words.Bias.UNRESOLVED: (points(0.5, True),),
                          threshold_words.Bias.RESOLVED: (points(0.6, True),)}),
    Case(threshold.law, {threshold_words.Law.NOTHING: (NONE,),
                         threshold_words.Law.NOT_CONTRADICTED: (points(0.5, True),),
                         threshold_words.Law.APPROXIMATE: (points(0.55, False),),
                         threshold_words.Law.FAILS: (points(0.8, False),)}),
    Case(adding_up, {Sum.NOTHING: (ADDED, NONE), Sum.ONE_LAYER: (table(layers=1), ADDED),
                     Sum.NOT_IN_FULL: (ADDED, table(lower=0.5, upper=0.9)),
                     Sum.IN_FULL: (ADDED, table(lower=1.0, upper=2.0)),
                     Sum.UNDECIDED: (ADDED, table(lower=0.5, upper=2.0))}),
    Case(theorem, {Theorem.NOTHING: (NONE,), Theorem.HOLDS: (table(lower=1.0, theorem=1.0),),
                   Theorem.EXCEEDED: (table(lower=2.0, theorem=1.0),)}),
    Case(origin, {Origin.NOTHING: (NONE,), Origin.OWN: (table(own=True),),
                  Origin.BEFOREHAND: (table(own=False),)}),
    Case(saving, {Saving.NOTHING: (pd.Series(dtype=float),), Saving.NONE: (pd.Series([0.95]),),
                  Saving.PART: (pd.Series([0.5]),), Saving.UNCLEAR: (pd.Series([0.5, 1.1]),)}),
    Case(figures, {Figures.NOTHING: (NONE, []), Figures.OTHER_DATA: (ADDED, []),
                   Figures.SAME_DATA: (ADDED, [object()])}),
    Case(start, {Start.HEAD_START: ([margin(0.5, 0.1)], [margin(0.1, 0.05)]),
                 Start.LASTING: ([margin(0.5, 0.1)], [margin(0.4, 0.05)])}),
    Case(left, {Left.UNCERTAIN: ([margin(0.1, 0.2)],), Left.CERTAIN: ([margin(0.2, 0.1)],)}),
    Case(halving, {Halving.UNKNOWN: (0, 0), Halving.HOLDS: (1, 1), Halving.FAILS: (1, 0),
                   Halving.ALL: (2, 2), Halving.ONE_OF: (3, 1), Halving.OTHERS: (3, 2)}),
    Case(structure, {Structure.UNKNOWN: ([],), Structure.COSTS: ([1.5, 2.0],),
                     Structure.MIXED: ([0.9, 2.0],)}),
    Case(replicas.size, {Size.NOTHING: (NONE,), Size.SMALLER: (table(weights=1),),
                         Size.EQUAL: (table(weights=DENSE["weights"]),),
                         Size.LARGER: (table(weights=10**9),)}),
    Case(replicas.weights, {Weights.OFF: (NONE, True), Weights.NOT_TRIED: (NONE, False),
                            Weights.WITHIN: (losses(10), False),
                            Weights.MISSED: (losses(9), False)}),
    Case(replicas.result, {Result.UNKNOWN: (NONE,), Result.REPRODUCED: (losses(10),),
                           Result.NOT_REPRODUCED: (losses(10, after=0.8),)}),
    Case(replicas.published_mean, {Mean.UNKNOWN: (kept(), kept(1.0)),
                                   Mean.IN_INTERVAL: (kept(KEPT - 1, KEPT + 1), kept(1.0)),
                                   Mean.BETWEEN: (kept(KEPT - 1), kept(KEPT + 1)),
                                   Mean.OUTSIDE: (kept(KEPT + 1), kept(KEPT + 2))}),
    Case(reason, {Reason.NOT_RUN: (LENET.assign(n=14),), Reason.SMALL_WEIGHT: (LENET,),
                  Reason.RATIO: (LENET.assign(size_at_largest=0.3),)}),
    Case(imitated, {Imitated.NOTHING: (NONE,), Imitated.NOT_RUN: (drawn(14, 0.1),),
                    Imitated.ALL: (drawn(30, 7e-6, 3e-5),), Imitated.SOME: (drawn(30, 7e-6, 8e-6),),
                    Imitated.NONE: (drawn(30, 1e-6, 2e-6),)}),
    Case(judged, {Judged.ONE_REPRODUCED: (1, 0), Judged.ALL_REPRODUCED: (2, 0),
                  Judged.SOME: (2, 1), Judged.ONE_MISSED: (1, 1), Judged.ALL_MISSED: (2, 2)}),
    Case(effect, {Effect.MORE: ((1.1, 2.0),), Effect.ALSO_LESS: ((0.5, 0.9), (1.1, 2.0)),
                  Effect.LESS: ((0.5, 0.9),), Effect.SAME: ((0.9, 1.1),),
                  Effect.UNKNOWN: ((NAN, NAN),)}),
    Case(sandwich.sound, {Sound.NOTHING: (NONE,), Sound.SOUND: (table(violated=0),),
                          Sound.VIOLATED: (table(violated=1),)}),
    Case(sandwich.origin, {Bracketed.NOTHING: (NONE,), Bracketed.OWN: (table(own=True),),
                           Bracketed.REFERENCE: (table(own=False),)}),
    Case(sandwich.proportional, {Slope.NOTHING: ratios(), Slope.PROPORTIONAL: ratios(1.01),
                                 Slope.NOT_PROPORTIONAL: ratios(1.0, 0.9)}),
    Case(sandwich.crown, {Crown.NOTHING: ratios(), Crown.FLAT: ratios(0.05),
                          Crown.FALLS: ratios(0.05, 0.9)}),
    Case(sandwich.tight, {Tight.NOTHING: (NONE, {}), Tight.UNKNOWN: (ADDED, {}),
                          Tight.ALL_WITHIN: (ADDED, {"a": 1.2}),
                          Tight.SOME_BEYOND: (ADDED, {"a": 1.2, "b": 9.0})}),
    Case(sandwich.split_reaches, {Split.NOTHING: ratios(), Split.NONE_REACH: ratios(2.0),
                                  Split.ONE_REACHES: ratios(2.0, 1.05),
                                  Split.SEVERAL_REACH: ratios(1.0, 1.05)}),
    Case(claims_least.law, {Law.NOTHING: (NONE,), Law.WIDE: (constants(1.0, 0.2),),
                            Law.HOLDS: (constants(1.0, 0.02),), Law.CLOSE: (constants(1.03, 0.02),),
                            Law.FAILS: (constants(1.2, 0.02),)}),
    Case(claims_least.inside, {Inside.ALL: (constants(1.0, 0.02),),
                               Inside.SOME: (constants(1.2, 0.02),)}),
    Case(extra, {Extra.NOTHING: (table(low=[]),), Extra.ALL: (table(low=[1.0, 2.0]),),
                 Extra.SOME: (table(low=[1.0, -1.0]),), Extra.NONE: (table(low=[-1.0]),)}),
    Case(conditional, {
        Conditional.NOTHING: (table(n=13, conditional=NAN),),
        Conditional.ALL: (table(n=13, conditional=[13, 15, 11]),),
        Conditional.MOST: (table(n=13, conditional=[13] * 9 + [16]),),
        Conditional.FAILS: (table(n=13, conditional=[13] * 8 + [16] * 2),)}),
    Case(gap, {Gap.NOTHING: (NONE,), Gap.NEAR: (table(median=[0.2, 0.5], limit=0.1),),
               Gap.FAR: (table(median=[2.0, 5.0], limit=0.1),)}),
    Case(claims_sizes.misses, {Misses.NOTHING: (NONE,), Misses.CHANCE: (interval(0.5),),
                               Misses.EXCESS: (interval(2.0),)}),
    Case(entropy_law, {Entropy.NOTHING: (NONE,),
                       Entropy.ALL_INSIDE: (table(slope_low=[0.9, 1.0], slope_high=1.1),),
                       Entropy.SOME_OUTSIDE: (table(slope_low=[0.9, 1.05], slope_high=1.1),)}),
    Case(explained, {Explained.NOTHING: (NONE,), Explained.NO_SHIFT: (shift(0.5, 3.0),),
                     Explained.WHOLLY: (shift(3.0, 0.5),), Explained.PARTLY: (shift(3.0, 2.0),),
                     Explained.NOT: (shift(-3.0, -4.0),)}),
    Case(sizes, {Sizes.NOTHING: (table(said=[], seen=[]),),
                 Sizes.NONE_OBSERVED: (table(said=[12.0, NAN], seen=[NAN, 12.0]),),
                 Sizes.SOME_OBSERVED: (table(said=[12.0, NAN], seen=13.0),)}),
    Case(fewer, {Centred.NOTHING: (NONE,), Centred.FEWER_EVERYWHERE: (table(n=[8, 9], plain=10),),
                 Centred.FEWER_SOMEWHERE: (table(n=[8, 10], plain=10),),
                 Centred.NOT_FEWER: (table(n=[10, 11], plain=10),)}),
    Case(moved, {Moved.NOTHING: (NONE,), Moved.NOWHERE: (table(n=10, moved=[10, 12]),),
                 Moved.SOMEWHERE: (table(n=10, moved=[9, 12]),)}),
    Case(growth, {Growth.FEW: (excess(1, 2),), Growth.LASTS: (excess(9, 4, 4),),
                  Growth.GROWS: (excess(9, 4, 5),)}),
    Case(near, {Sized.NOTHING: (NONE,), Sized.NEAR: (table(n=[12, 8], n50=10),),
                Sized.FAR: (table(n=[13, 8], n50=10),)}),
    Case(asked, {Asked.LEAST: (NAN,), Asked.WITHIN: (0.01,)}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: type(next(iter(case.arguments))).__name__)
def test_every_member_is_reached(case: Case) -> None:
    for member, arguments in case.arguments.items():
        assert case.verdict(*arguments) is member
    assert set(case.arguments) == set(type(next(iter(case.arguments))))
