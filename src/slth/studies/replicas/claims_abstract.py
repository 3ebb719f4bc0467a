"""What the abstract says of the published experiments, in a run of nothing stronger."""

import pandas as pd

from slth.studies.printing.formatting import count, some_of
from slth.studies.printing.published import DENSE
from slth.studies.printing.wordings import Data, Side, clause, sentence
from slth.studies.replicas import wordings
from slth.studies.replicas.claims_sums import compared, imitated, judged, places
from slth.studies.replicas.wordings import SETS, Result, Setting


def abstract(result: Result, place: Setting, lenet: pd.DataFrame, failures: pd.DataFrame) -> str:
    """Return a sentence for each of the three experiments that the run has at a published size.

    result, place: of the dense network. lenet, failures: rows of the two others.
    """
    parts = (_dense(result, place), _lenet(lenet), _failures(failures))
    said = " ".join(filter(None, parts))
    return said or clause(Data.NONE, wordings.ABSTRACT)


def _dense(result: Result, place: Setting) -> str:
    elsewhere = clause(place, wordings.ELSEWHERE)
    return sentence(result, wordings.ABSTRACT_DENSE, n=DENSE["n"], elsewhere=elsewhere)


def _lenet(table: pd.DataFrame) -> str:
    at = [each for place in range(len(SETS)) for each in places(table, place).values()]
    return sentence(
        imitated(table),
        wordings.ABSTRACT_LENET,
        within=some_of(sum(each is Side.AROUND for each in at), len(at)),
        errors=count(len(at), "published error"),
    )


def _failures(table: pd.DataFrame) -> str:
    at = compared(table)
    missed = sum(place is not Side.AROUND for place in at)
    if not at:
        return ""
    return sentence(
        judged(len(at), missed),
        wordings.ABSTRACT_FAILURES,
        inside=some_of(len(at) - missed, len(at)),
        rates=count(len(at), "published rate"),
    )
