"""The application: its commands, its help, its version."""

from typing import Annotated

import typer

import slth
from slth.cli import bracket, run, solve, threshold, ticket, verify, warm_up

EPILOG = (
    "Exit codes: 0 done, and what was asked holds; 1 it does not hold, proved or found; 2 wrong "
    "input, told in one line; 3 undecided (the budget ended, or eps lies between the bounds); 4 "
    "more memory than allowed; 130 interrupted. `run` ends with Snakemake's code."
)

app = typer.Typer(
    name="slth",
    help="Strong lottery tickets by multidimensional random subset sum.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
COMMANDS = {  # in the list of commands, whose lines are short
    solve: "Find a subset that sums to a target.",
    threshold: "How many random candidates are needed.",
    ticket: "Cut a ticket of a trained network.",
    bracket: "Bound how far two networks differ.",
    verify: "Check the files of the last run.",
    run: "Run the workflow.",
    warm_up: "Compile the kernels, once.",
}
for command, words in COMMANDS.items():
    function = getattr(command, command.NAME.replace("-", "_"))
    app.command(command.NAME, short_help=words)(function)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"slth {slth.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it and end.")
    ] = False,
) -> None:
    """Strong lottery tickets by multidimensional random subset sum."""


def main() -> None:
    """Run the command that the arguments of the process name."""
    app(prog_name="slth")
