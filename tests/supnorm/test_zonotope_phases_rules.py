"""Rules of fixed phases that are wrong on purpose are caught; multipliers may be any.

Compiled functions cannot be replaced one by one; with NUMBA_DISABLE_JIT they are Python functions.
"""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from slth.solvers.kernels import compiled
from slth.supnorm.zonotope import splitting
from slth.supnorm.zonotope.dense import network, rows
from tests.supnorm.test_zonotope_dense import test_leaves_bound_what_is_in_them as check_leaves
from tests.supnorm.test_zonotope_phases import check, pairs

CODE = """
import json
from tests.supnorm.test_zonotope_phases_rules import told
print(json.dumps(told()))
"""


def test_a_phase_whose_other_side_is_left_out_is_caught(monkeypatch) -> None:
    right = splitting.fixed
    monkeypatch.setattr(splitting, "fixed", lambda *of: (right(*of)[0],) * 2)
    with pytest.raises(AssertionError, match="in no part"):
        check_leaves()


def test_a_sign_that_is_carried_to_the_other_network_is_caught(monkeypatch) -> None:
    right = network._met
    monkeypatch.setattr(network, "_met", lambda known, phases: right(known, phases.flip(1)))
    with pytest.raises(AssertionError, match="a range"):
        check(pairs(2))


def flipped(held, signs) -> None:
    """Phases enter with the wrong sign."""
    held[:] = -signs * np.random.default_rng(0).random(held.shape)


def below_zero(held, signs) -> None:
    """Multipliers are not at least 0."""
    held -= 0.3 * signs


def any_at_all(held, signs) -> None:
    """Multipliers that no program found."""
    held[:] = signs * np.random.default_rng(0).random(held.shape)


def told() -> dict[str, str]:
    """What the check says with other multipliers, "" where nothing."""
    name, found = "hold", {}
    kept = getattr(rows, name)
    assert not hasattr(kept, "py_func"), "compiled"
    for change in (any_at_all, flipped, below_zero):

        def changed(line, constant, cuts, box, aim, held, at, change=change) -> None:
            kept(line, constant, cuts, box, aim, held, at)
            signs = np.zeros(held.shape)
            signs.flat[cuts[0]] = cuts[1]
            change(held, signs)

        setattr(rows, name, changed)
        try:
            check(itertools.islice(pairs(4), 12))
            found[change.__name__] = ""
        except AssertionError as error:
            found[change.__name__] = str(error)
    setattr(rows, name, kept)
    return found


def test_wrong_multipliers_are_caught_and_any_others_are_not() -> None:
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
    found = json.loads(done.stdout)
    assert found.pop("any_at_all") == ""
    assert set(found) == {"flipped", "below_zero"}
    assert all("a bound" in words for words in found.values())
