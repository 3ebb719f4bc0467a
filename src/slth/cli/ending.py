"""How a command ends: its exit code, its errors in one line, its answer as text or JSON."""

import contextlib
import enum
import functools
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import typer

from slth.checks import TooLargeError

Command = TypeVar("Command", bound=Callable[..., Any])


class Code(enum.IntEnum):
    """The exit codes."""

    HOLDS = 0  # done, and what was asked holds
    FAILS = 1  # it does not hold: proved, or a counterexample was found
    INPUT = 2  # wrong input
    OPEN = 3  # undecided
    MEMORY = 4  # more memory than allowed
    INTERRUPTED = 130  # by Ctrl-C


def ending(command: Command) -> Command:
    """Let a command return its Code; errors of its input become one line on stderr and a code."""

    @functools.wraps(command)
    def guarded(*arguments: Any, **named: Any) -> None:
        try:
            code = command(*arguments, **named)
        except BrokenPipeError:  # who reads has read enough; typer ends the process
            raise
        except KeyboardInterrupt:
            code = _said(KeyboardInterrupt("interrupted"), Code.INTERRUPTED)
        except TooLargeError as error:
            code = _said(error, Code.MEMORY)
        except (ValueError, TypeError, OSError, ModuleNotFoundError, ArithmeticError) as error:
            code = _said(error, Code.INPUT)
        raise typer.Exit(int(code))

    return guarded  # type: ignore[return-value]


def _said(error: BaseException, code: Code) -> Code:
    words = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, OSError) and error.filename is not None:
        words = f"{error.filename}: {error.strerror}"
    typer.echo(f"slth: {words}", err=True)
    return code


def tell(text: str, facts: Mapping[str, Any], as_json: bool) -> None:
    """Print the answer: text, or one JSON object in which numbers that are not finite are null."""
    if as_json:
        text = json.dumps(_plain(facts), ensure_ascii=False, allow_nan=False)
    typer.echo(text)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if hasattr(value, "tolist"):  # arrays, tensors, their numbers
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


@contextlib.contextmanager
def working(words: str) -> Iterator[None]:
    """On a terminal, a line on stderr that says what is done and for how long; else nothing."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(words, total=None)
        yield
