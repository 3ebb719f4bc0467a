"""The cost of a command is the processor time of all that it starts, whoever waits for it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.spent import spend

BURN = "import time\nwhile time.process_time() < {}: pass"
NEST = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"


def test_time_of_grandchildren_counts_and_sleep_does_not(tmp_path: Path) -> None:
    burned = spend([sys.executable, "-c", NEST, BURN.format(0.5)], tmp_path)
    slept = spend([sys.executable, "-c", NEST, "import time; time.sleep(0.5)"], tmp_path)
    assert burned is not None
    assert slept is not None
    assert 0.3 < burned.cpu - slept.cpu < 0.7  # 0.5, and the interpreter's start


def test_memory_is_that_of_the_largest_process(tmp_path: Path) -> None:
    held = np.ones(500_000_000, np.uint8)  # of this process, which is no part of it
    large = spend([sys.executable, "-c", NEST, "print(len(bytearray(200_000_000)))"], tmp_path)
    assert large is not None
    assert large.output == "200000000\n"
    assert len(held) / 1e6 > 300 > large.memory > 200


def test_a_command_out_of_time_gives_none_and_a_failed_one_its_error(tmp_path: Path) -> None:
    assert spend([sys.executable, "-c", BURN.format(60)], tmp_path, limit=0.2) is None
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        spend([sys.executable, "-c", "1 / 0"], tmp_path)
