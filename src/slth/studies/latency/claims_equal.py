"""Tickets of a trained network at about equal error: which of them are fast, against what."""

import pandas as pd

from slth.studies.latency import wordings
from slth.studies.latency.data import EQUAL, GRANULARITIES, equal_error, fastest
from slth.studies.latency.wordings import Equal, Structure
from slth.studies.printing.formatting import count, escape, integer, number, percent, some_of, span
from slth.studies.printing.wordings import any_of, sentence, share

FORMS = ["shrunk", "csr"]
NAMES = {"vgg": "VGG", "mnist-5k": "digits of MNIST"}


def equal_macros(frame: pd.DataFrame) -> dict[str, str]:
    """Macros of the tickets of a trained network."""
    own, tickets = equal_error(frame)
    return {
        "LatencyEqualSetting": _setting(own),
        "LatencyEqualErrors": _errors(tickets),
        "LatencyEqualSlower": _slower(tickets),
        "LatencyEqualStructure": _structure(tickets),
        "LatencyEqualReason": _reason(tickets),
        "LatencyAbstract": sentence(compared(tickets)[0], wordings.ABSTRACT),
        "LatencyEqualRows": _rows(tickets),
        "LatencyEqualRepeats": span(tickets["repeats"]),
    }


def _setting(own: pd.DataFrame) -> str:
    first = {key: "".join(str(value) for value in own[key][:1]) for key in ("network", "data")}
    return sentence(
        any_of(own),
        wordings.EQUAL_SETTING,
        **{key: NAMES.get(value, escape(value)) for key, value in first.items()},
        weights=integer(own["weights"].max()),
        accuracy=percent(own["accuracy"].max()),
    )


def _of_tickets(tickets: pd.DataFrame, column: str) -> pd.Series:
    """One value per granularity: each has one ticket."""
    return tickets.groupby("granularity", sort=False)[column].first()


def equal(tickets: pd.DataFrame) -> Equal:
    """Whether the errors differ by a factor of at most `EQUAL`."""
    errors = _of_tickets(tickets, "error")
    if len(errors) < 2:
        return Equal.ALONE if len(errors) else Equal.NOTHING
    return Equal.EQUAL if errors.max() <= EQUAL * errors.min() else Equal.APART


def _errors(tickets: pd.DataFrame) -> str:
    low, high = (_of_tickets(tickets, "error").agg(end) for end in ("min", "max"))
    return sentence(
        equal(tickets),
        wordings.EQUAL,
        low=percent(low),
        high=percent(high),
        factor=number(high / low) if len(tickets) else "",
    )


def _slower(tickets: pd.DataFrame) -> str:
    ratio = tickets["ratio"]
    return sentence(
        share(int((ratio > 1).sum()), len(ratio)),
        wordings.SLOWER,
        slower=some_of(int((ratio > 1).sum()), len(ratio)),
        cases=count(len(ratio), "case"),
        low=number(ratio.min()),
        high=number(ratio.max()),
    )


def compared(tickets: pd.DataFrame) -> tuple[Structure, pd.Series]:
    """Whole filters against the others, and times of the others over theirs, by batch."""
    least = fastest(tickets).unstack("granularity") if len(tickets) else pd.DataFrame()
    others = least.drop(columns="filter", errors="ignore")
    if "filter" not in least or others.empty:
        return Structure.NOTHING, pd.Series(dtype=float)
    if equal(tickets) is not Equal.EQUAL:
        return Structure.UNEQUAL, pd.Series(dtype=float)
    quicker = pd.Series(others.div(least["filter"], axis=0).stack().dropna())
    if (quicker > 1).all():
        return Structure.FASTER, quicker
    return (Structure.SLOWER if (quicker < 1).all() else Structure.MIXED), quicker


def _structure(tickets: pd.DataFrame) -> str:
    verdict, quicker = compared(tickets)
    times = span(1 / quicker, "number", 2) if len(quicker) else ""
    return sentence(verdict, wordings.STRUCTURE, times=times)


def _reason(tickets: pd.DataFrame) -> str:
    """What whole filters cost where they are slower: candidates, and weights of the fastest."""
    if compared(tickets)[0] is not Structure.SLOWER:
        return sentence(any_of([]), wordings.REASON)
    n, weights = (_of_tickets(tickets, key) for key in ("n", "weights"))
    least = str(n.drop("filter").idxmin())
    needed = any_of([least] * bool(n[least] < n["filter"] and weights[least] < weights["filter"]))
    return sentence(
        needed,
        wordings.REASON,
        filters=integer(n["filter"]),
        other=GRANULARITIES.get(least, escape(least)),
        n=integer(n[least]),
        more=number(weights["filter"] / weights[least]),
    )


def _rows(tickets: pd.DataFrame) -> str:
    """Where the compressed form is the faster, of the pairs of forms."""
    keys = ["granularity", "batch"]
    forms = [tickets[tickets["form"] == form].set_index(keys)["ratio"] for form in FORMS]
    pairs = pd.concat(forms, axis=1, keys=FORMS).dropna()
    faster = int((pairs["csr"] < pairs["shrunk"]).sum())
    return sentence(
        share(faster, len(pairs)),
        wordings.ROWS_HELP,
        faster=some_of(faster, len(pairs)),
        cases=count(len(pairs), "comparison"),
    )
