"""Rules of the compiled zonotopes that are wrong on purpose are caught, run as plain Python.

Compiled functions cannot be replaced one by one; with NUMBA_DISABLE_JIT they are Python functions.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from slth.solvers.kernels import compiled
from slth.supnorm.zonotope.dense import boxes, rows, tighten
from slth.supnorm.zonotope.dense import kinks as of_rows
from slth.supnorm.zonotope.dense import lines as of_forms
from tests.supnorm.test_zonotope_dense import check, single

CODE = """
import json
from tests.supnorm.test_zonotope_dense_rules import told
print(json.dumps(told()))
"""


def flipped(lines) -> None:
    """The symbol of g enters the difference with the sign of f's."""
    lines[of_forms.NEW_G] *= -1


def short_chord(lines) -> None:
    """The δ-chord has half the room that it needs."""
    lines[of_forms.NEW_D] *= 0.5


def no_symbols(lines) -> None:
    """A ReLU's strip has no width."""
    lines[of_forms.HALF_F] = 0.0
    lines[of_forms.NEW_F] = 0.0


def unshifted(lines) -> None:
    """The strips of f and g are taken for one."""
    lines[of_forms.SHIFT] = 0.0


def low_line(kinks) -> None:
    """The line above a pair's difference passes below the end of the range."""
    kinks[of_rows.OVER] *= 0.25
    kinks[of_rows.UNDER] *= 0.25
    kinks[of_rows.WORTH] = 1.0


def low_chord(kinks) -> None:
    """The line above one ReLU passes below the end of the range."""
    kinks[of_rows.RISE] *= 0.5
    kinks[4 + of_rows.RISE] *= 0.5


def cut_off(ends) -> None:
    """Narrowed ranges lose a part of what is left."""
    ends[1::2] -= 0.2 * (ends[1::2] - ends[0::2])


def right(_) -> None:
    """Nothing is changed."""


TWINS: dict[str, tuple[object, str, Callable[..., None]]] = {
    "right": (boxes, "find_lines", right),
    "flipped": (boxes, "find_lines", flipped),
    "short chord": (boxes, "find_lines", short_chord),
    "no symbols": (boxes, "find_lines", no_symbols),
    "unshifted": (boxes, "find_lines", unshifted),
    "low line": (rows, "find_kinks", low_line),
    "low chord": (rows, "find_kinks", low_chord),
    "cut off": (tighten, "make_consistent", cut_off),
}


def told() -> dict[str, str]:
    """What the check says with each rule changed, "" where nothing."""
    assert not hasattr(boxes.bound_box, "py_func"), "compiled"
    cases = [case for index in (0, 2, 4) for case in single("line", index, 4)]
    found = {}
    for name, (module, rule, change) in TWINS.items():
        kept = getattr(module, rule)

        def changed(*of, kept=kept, change=change) -> None:
            kept(*of)
            change(of[-1])

        setattr(module, rule, changed)
        try:
            check(cases)
            found[name] = ""
        except AssertionError as error:
            found[name] = str(error)
        setattr(module, rule, kept)
    return found


def answers() -> dict[str, str]:
    """What a process of uncompiled functions says: it takes all rules in turn."""
    root = Path(compiled.__file__).parents[3]
    places = os.pathsep.join([str(root), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | {"PYTHONPATH": places, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_a_wrong_rule_is_caught_and_the_right_one_is_not() -> None:
    found = answers()
    assert set(found) == set(TWINS)
    for name, words in found.items():
        assert ("a range" in words or "a bound" in words) is (name != "right"), name
