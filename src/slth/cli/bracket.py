"""`slth bracket f.onnx g.onnx box.vnnlib`: certified bounds on how far two networks differ."""

from pathlib import Path
from typing import Annotated, Any

import typer

from slth.cli.ending import Code, ending, tell, working
from slth.cli.inputs import Json, Seed, Shape, interval, network_or_ticket, shape_of, vnnlib

NAME = "bracket"


@ending
def bracket(
    f: Annotated[Path, typer.Argument(help="A network, .onnx or .pt2, or a ticket, .npz.")],
    g: Annotated[Path, typer.Argument(help="The other one.")],
    region: Annotated[
        Path | None, typer.Argument(metavar="BOX", help="Box of inputs, .vnnlib.")
    ] = None,
    box: Annotated[
        str | None, typer.Option(help="Box of inputs; without any, -1,1.", metavar="LO,HI")
    ] = None,
    eps: Annotated[
        float | None, typer.Option(help="Ask whether the networks differ by at most eps.")
    ] = None,
    splits: Annotated[int, typer.Option(help="Subproblems of branch and bound.")] = 0,
    boxes: Annotated[
        int | None,
        typer.Option(help="Boxes of input splitting; without any, 20000 for --eps and few inputs."),
    ] = None,
    seed: Seed = 0,
    input_shape: Shape = None,
    json: Json = False,
) -> Code:
    """Bound the largest difference of two networks' outputs over a box, from below and above.

    Exit code 0: bounded, and with --eps the upper bound is at most eps; 1: the networks differ by
    more than eps at an input that was found; 2: wrong input; 3: eps lies between the bounds.
    With --eps and --boxes only boxes are bounded, and no more of them than the answer takes.
    """
    from slth import checks
    from slth.supnorm import bracket as bounds

    level = None if eps is None else checks.positive("--eps", eps)
    boxes = None if boxes is None else checks.integer("--boxes", boxes, low=0)
    if region is not None and box is not None:
        raise ValueError(f"--box: got {box!r} beside {region}, takes one of the two")
    simple = (-1.0, 1.0) if box is None else interval(box)
    shape = shape_of(input_shape)
    first, shape = network_or_ticket("f", f, shape)
    second, other = network_or_ticket("g", g, shape)
    if other != shape:
        raise ValueError(f"g: got inputs of shape {other}, takes {shape} to match f")
    ends = simple if region is None else vnnlib(region, shape)
    with working("bounding"):
        asked: dict[str, Any] = {"splits": splits, "input_splits": boxes, "eps": level}
        if boxes and level is not None:
            asked["bounds"] = ["input_splitting"]
        found = bounds(first, second, ends, shape, seed, **asked)  # type: ignore[arg-type]
    facts = {name: getattr(found, name) for name in ("lower", "upper", "lower_at", "method")}
    facts |= {"bounds": found.bounds, "evaluation": found.evaluation, "eps": eps}
    if level is None:
        tell(repr(found), facts, json)
        return Code.HOLDS
    code = Code.HOLDS if found.upper <= level else Code.OPEN
    if found.lower - found.evaluation > level:
        code = Code.FAILS
    words = {
        Code.HOLDS: "certified: they differ by at most eps",
        Code.FAILS: "refuted: they differ by more than eps at lower_at",
        Code.OPEN: "undecided: eps lies between the bounds; try more --boxes or --splits",
    }[code]
    tell(f"{found!r}\n  {words}", {**facts, "verdict": code.name}, json)
    return code
