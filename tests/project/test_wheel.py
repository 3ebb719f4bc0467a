"""What pip installs: a wheel with the package, its marker of types and its script, and no more."""

import configparser
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import slth

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from a copy, with tests beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(
        ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    shutil.copytree(
        ROOT / "tests/theory", folder / "tests", ignore=shutil.ignore_patterns("__pycache__")
    )
    asked = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", "dist"]
    before = {*folder.rglob("*")}
    subprocess.run([sys.executable, "-m", "pip", "wheel", *asked, "."], cwd=folder, check=True)
    left = {*folder.rglob("*")} - before
    assert {path.relative_to(folder).parts[0] for path in left} == {"dist"}
    (built,) = (folder / "dist").iterdir()
    return zipfile.ZipFile(built)


def test_wheel_has_every_source_and_the_marker_of_types_alone(wheel: zipfile.ZipFile) -> None:
    here = {p.relative_to(ROOT / "src").as_posix() for p in (ROOT / "src/slth").rglob("*.py")}
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == here | {"slth/py.typed"}


def test_wheel_has_no_tests_and_the_licence(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert not [name for name in names if "test" in name.lower()]
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_script_is_the_command_line(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    found = configparser.ConfigParser()
    found.read_string(wheel.read(name).decode())
    assert dict(found["console_scripts"]) == {"slth": "slth.cli.app:main"}


def test_metadata_say_what_the_project_says(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    said = HeaderParser().parsestr(wheel.read(name).decode("utf-8"))
    assert said["Version"] == PROJECT["version"] == slth.__version__
    assert set(PROJECT["classifiers"]) == set(said.get_all("Classifier") or ())
    urls = dict(line.split(", ", 1) for line in said.get_all("Project-URL") or ())
    assert urls == PROJECT["urls"]
    assert set(said["Keywords"].split(",")) == set(PROJECT["keywords"])


def test_version_is_that_of_citation_and_changelog() -> None:
    assert f"version: {slth.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = next(line for line in log.splitlines() if line.startswith("## "))
    assert first.startswith(f"## {slth.__version__}")
