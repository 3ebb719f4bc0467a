"""Data sets from files in the config: what is missing is named before any job."""

from pathlib import Path

import pytest

from slth.configuration import ConfigError, check
from slth.data_files import FILE_SETS


def faults(config: dict) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check(config)
    return caught.value.faults


@pytest.mark.parametrize("name", FILE_SETS)
def test_no_folder_is_one_fault_with_the_home(name: str) -> None:
    (line,) = faults({"learned": {"data": name}})
    assert line.startswith("data_folder: got null")
    assert FILE_SETS[name].home in line


@pytest.mark.parametrize("folder", ["absent", "x" * 400, "\N{SNOWMAN}/…"])
def test_missing_file_is_one_fault(folder: str, tmp_path: Path) -> None:
    networks = [{"name": "one", "data": "mnist"}]
    tickets = [{"name": "t", "network": "one"}]
    given = {"data_folder": str(tmp_path / folder), "networks": networks, "tickets": tickets}
    (line,) = faults(given)
    assert line.startswith("networks[0].data: ")


def test_files_that_are_there_are_no_fault(tmp_path: Path) -> None:
    for part in FILE_SETS["mnist"].parts:
        for words in part:
            (tmp_path / words[-1]).touch()
    assert check({"data_folder": str(tmp_path), "learned": {"data": "mnist"}})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"learned": {"kernel": 4}}, "learned.kernel: got 4"),
        ({"learned": {"lotteries": [{"rounds": 1, "rewind": 99}]}}, "rewind: got 99"),
        ({"learned": {"lotteries": [{"rounds": 2}, {"rounds": 2}]}}, "twice"),
        ({"learned": {"epochs": 2, "early": 3}}, "learned.early: got 3, takes at most"),
        ({"tickets": [{"name": "a", "network": "one", "n": [8], "learned": [9]}]}, "got 9"),
        ({"learned": {"methods": ["edge_popp"]}}, "edge_popup"),
    ],
)
def test_wrong_settings_are_one_fault(config: dict, words: str) -> None:
    (line,) = faults(config)
    assert words in line
