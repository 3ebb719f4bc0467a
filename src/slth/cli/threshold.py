"""`slth threshold nsn --d 9 --eps 0.05`: how many candidates are needed."""

from typing import Annotated

import typer

from slth.cli.ending import Code, ending, tell, working
from slth.cli.inputs import Json

NAME = "threshold"


@ending
def threshold(
    ensemble: Annotated[str, typer.Argument(help="Law of the candidates, as nsn or uniform.")],
    d: Annotated[int, typer.Option(help="Dimension of a candidate.")],
    eps: Annotated[float, typer.Option(help="Tolerance per coordinate.")],
    probability: Annotated[float, typer.Option(help="That a subset is within eps.")] = 0.5,
    every_target: Annotated[
        bool, typer.Option(help="One sample for all targets of the cube, by a union bound.")
    ] = False,
    json: Json = False,
) -> Code:
    """Predict the number n of random candidates at which a subset within eps of a target exists.

    Exit code 0: predicted; 2: wrong input.
    """
    from slth import theory

    of = theory.covering_threshold if every_target else theory.threshold
    with working("predicting"):
        n = of(ensemble, d, eps, probability)
    facts = {"ensemble": ensemble, "d": d, "eps": eps, "probability": probability, "n": n}
    tell(str(n), {**facts, "every_target": every_target}, json)
    return Code.HOLDS
