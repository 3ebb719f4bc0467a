"""`slth ticket model.onnx --images images.npy --out ticket.npz`: a ticket of a trained network."""

from pathlib import Path
from typing import Annotated, Any

import typer

from slth.cli.ending import Code, ending, tell, working
from slth.cli.inputs import Json, Seed, Shape, destination, network, shape_of
from slth.cli.inputs import images as read_images

NAME = "ticket"


@ending
def ticket(
    model: Annotated[Path, typer.Argument(help="The trained network, .onnx or .pt2.")],
    out: Annotated[Path, typer.Option(help="Write the ticket to this .npz.")],
    images: Annotated[
        Path | None, typer.Option(help="Inputs (m, c, h, w) or (m, features) to measure on, .npy.")
    ] = None,
    n: Annotated[int, typer.Option(help="Candidates of a subset problem, about.")] = 100,
    eps: Annotated[
        float | None, typer.Option(help="Tolerance of a subset problem; without, the least error.")
    ] = None,
    granularity: Annotated[str, typer.Option(help="filter, block, kernel or entry.")] = "entry",
    block: Annotated[int | None, typer.Option(help="Filters of a block.")] = None,
    gain: Annotated[
        str | None,
        typer.Option(
            help="reach: weights are imitated as large as sums of the candidates reach, which errs "
            "least; a number: the largest imitated entry of a layer; without, weights as they are."
        ),
    ] = None,
    targets: Annotated[str, typer.Option(help="plain, bias or feedback.")] = "plain",
    nonnegative_input: Annotated[bool, typer.Option(help="Inputs are in [0, 1].")] = False,
    solver: Annotated[str, typer.Option(help="A name of slth.solvers(), or auto.")] = "auto",
    budget: Annotated[int | None, typer.Option(help="Of a subset problem.")] = None,
    threads: Annotated[int | None, typer.Option(help="Never changes the answer.")] = None,
    seed: Seed = 0,
    input_shape: Shape = None,
    json: Json = False,
) -> Code:
    """Cut a ticket that imitates a trained network out of a random one, and save it.

    Exit code 0: saved, every subset problem within eps (or none asked); 1: saved, some problems
    missed eps; 2: wrong input; 4: more memory than allowed. No code of the model's file is run.
    """
    import warnings

    from slth import tickets

    destination(out, ".npz")
    shape = shape_of(input_shape)
    x = None if images is None else read_images(images, shape)
    if x is not None and shape is None:
        shape = tuple(x.shape[1:])
    target = network("model", model, shape)
    options: dict[str, Any] = {"granularity": granularity, "block": block, "targets": targets}
    options |= {"gain": _gain(gain), "nonnegative_input": nonnegative_input}
    options = {name: value for name, value in options.items() if value is not None}
    asked: dict[str, Any] = {"n": n, "eps": eps, "seed": seed, "solver": solver, "budget": budget}
    with working("solving the subset problems"), warnings.catch_warnings():
        warnings.simplefilter("ignore", tickets.EmptySubsetWarning)  # told below
        made = tickets.build(
            "structured_convolution",
            target,
            images=x if targets in ("bias", "feedback") else None,
            threads=threads,
            **asked,
            **options,
        )
    made.save(out)
    table = made.summary()
    missed = 0 if eps is None else int((made.solutions["error"] > eps).sum())
    facts: dict[str, Any] = {
        "ticket": str(out),
        "problems": int(table["problems"].sum()),
        "missed": missed,
        "empty": int(table["empty"].sum()),
        "parameters": made.parameters,
        "error_bound": made.error_bound(),
        "layers": table.to_dict("records"),
    }
    text = f"{made}\n  error bound {facts['error_bound']:.4g}; written to {out}"
    if x is not None:
        found, error = made.agreement(x), made.error(x)
        facts["agreement"] = found._asdict()
        facts["error"] = {"absolute": error.absolute, "relative": error.relative}
        text += f"\n  on {len(x)} images: {found.mean:.1%} decided alike, error "
        text += f"{error.absolute:.4g} ({100 * error.relative:.2g}% of the largest output)"
    if eps is not None:
        text += f"\n  {missed:,} of {facts['problems']:,} problems missed eps = {eps:g}"
    tell(text, facts, json)
    return Code.FAILS if missed else Code.HOLDS


def _gain(text: str | None) -> float | str | None:
    if text is None or text == "reach":
        return text
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"gain: got {text!r}, takes reach or a number > 0") from None
