"""The ranges of pyproject hold the pins of the constraints, which the environments name too."""

import ast
import functools
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME: list[str] = PROJECT["dependencies"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
WANTED = [*RUNTIME, *(line for lines in EXTRAS.values() for line in lines)]
PIPELINE = [*RUNTIME, *EXTRAS["workflow"]]


def versions(lines: list[str]) -> dict[str, str]:
    pins = [Requirement(line) for line in lines]
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}


PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
CONSTRAINTS = versions(PINS)


@pytest.mark.parametrize("pin", PINS)
def test_constraint_is_one_version(pin: str) -> None:
    assert re.fullmatch(r"[\w.-]+==[\w.]+", pin)


@pytest.mark.parametrize("line", WANTED)
def test_requirement_is_a_range_from_below_that_holds_the_pin(line: str) -> None:
    wanted = Requirement(line)
    (bound,) = wanted.specifier
    assert bound.operator == ">="
    (pin,) = SpecifierSet(CONSTRAINTS[canonicalize_name(wanted.name)])
    assert wanted.specifier.contains(pin.version, prereleases=True)


@pytest.mark.parametrize("line", [*PIPELINE, *EXTRAS["dev"]])
def test_installed_version_is_the_pinned_one(line: str) -> None:
    """A local build tag, as in 2.13.0+cpu, is the same version."""
    name = canonicalize_name(Requirement(line).name)
    assert SpecifierSet(CONSTRAINTS[name]).contains(metadata.version(name), prereleases=True)


def imported(folder: str) -> set[str]:
    """Packages that the files below a folder import, at any depth."""
    files = (ROOT / folder).rglob("*.py")
    return set().union(*map(imported_by, files)) - set(sys.stdlib_module_names)


@functools.cache
def imported_by(path: Path) -> set[str]:
    """The same of one file, the standard library included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found |= {name.split(".")[0] for name in names}
    return found


def test_library_needs_what_it_requires_and_the_workflow_the_rest() -> None:
    """Configs and studies are the workflow's; nothing else imports what only its extra brings."""
    extra = {"pydantic", "yaml", "sklearn", "matplotlib", "seaborn", "snakemake"}
    rooms = {path.name for path in (ROOT / "src/slth").iterdir() if path.is_dir()}
    for room in sorted(rooms - {"studies", "configuration", "settings", "plot", "__pycache__"}):
        assert not imported(f"src/slth/{room}") & extra, room
    wanted = [*PIPELINE, *EXTRAS["onnx"]]
    known: set[str] = {canonicalize_name(Requirement(line).name) for line in wanted}
    known |= {"slth", "llvmlite"}  # the latter is the lower half of numba
    used = imported("src/slth")
    assert {str(canonicalize_name({"yaml": "pyyaml"}.get(name, name))) for name in used} <= known


def test_constraints_hold_everything_the_requirements_pull_in() -> None:
    waiting = [Requirement(line) for line in [*PIPELINE, *EXTRAS["dev"]]]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), tuple(sorted(wanted.extras))
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        for line in metadata.requires(name) or []:
            inner = Requirement(line)
            asked = [{"extra": extra} for extra in ("", *extras)]
            if inner.marker is None or any(inner.marker.evaluate(dict(a)) for a in asked):
                waiting.append(inner)
    names = {name for name, _ in seen if not name.startswith(("nvidia", "cuda", "triton"))}
    # setuptools and pip belong to the environment itself
    assert names - CONSTRAINTS.keys() <= {"setuptools", "pip"}


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_conda_environment_has_the_runtime_pins(name: str) -> None:
    listed = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text(encoding="utf-8"))[
        "dependencies"
    ]
    pip = next(part["pip"] for part in listed if isinstance(part, dict))
    names = versions(PIPELINE)
    assert versions(pip) == {name: CONSTRAINTS[name] for name in names}


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.name)
def test_conda_packages_are_pinned(path: Path) -> None:
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    names = [part for part in listed if isinstance(part, str) and part != "pip"]
    assert all(re.fullmatch(r"[\w-]+=[\w.]+", name) for name in names)


@pytest.mark.parametrize(
    "script", [".ci/run", *(f"workflow/{name}.sh" for name in ("tex", "environment", "slurm"))]
)
def test_shell_script_parses_and_may_be_run(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_hooks_run_what_make_check_runs() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][
        0
    ]["hooks"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    words = [hook["entry"].removeprefix(".venv/") for hook in hooks]  # a program, or make's word
    for entry in words:
        called = f"{entry.split()[1]}:" if entry.startswith("make ") else entry.split()[0]
        assert called in makefile, entry


def test_container_has_the_torch_of_the_pins() -> None:
    recipe = (ROOT / "envs/Dockerfile").read_text(encoding="utf-8")
    (torch,) = [pin for pin in PINS if pin.startswith("torch==")]
    assert re.findall(r"torch==[\w.]+", recipe) == [torch]
    copied = re.findall(r"^COPY (.*) \./?\S*$", recipe, re.M)
    assert all((ROOT / name).exists() for line in copied for name in line.split())


def test_catalog_file_has_the_words_the_catalog_reads() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))[
        "usage"
    ]
    assert usage.keys() == {"software-stack-deployment", "mandatory-flags", "report"}
    assert usage["software-stack-deployment"] == {"conda": True}
