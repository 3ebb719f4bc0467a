"""The pins in pyproject, the constraints and the conda environments name the same versions."""

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME: list[str] = PROJECT["dependencies"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PINNED = [*RUNTIME, *(pin for pins in EXTRAS.values() for pin in pins)]


def versions(lines: list[str]) -> dict[str, str]:
    pins = [Requirement(line) for line in lines]
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}


CONSTRAINTS = versions((ROOT / "constraints.txt").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("pin", PINNED)
def test_requirement_is_pinned(pin: str) -> None:
    assert re.fullmatch(r"[\w.-]+==[\w.]+", pin)


@pytest.mark.parametrize("pin", [*RUNTIME, *EXTRAS["dev"]])
def test_installed_version_is_the_pinned_one(pin: str) -> None:
    """A local build tag, as in 2.13.0+cpu, is the same version."""
    wanted = Requirement(pin)
    assert wanted.specifier.contains(metadata.version(wanted.name), prereleases=True)


def test_constraints_agree_with_the_pins() -> None:
    pins = versions(PINNED)
    shared = CONSTRAINTS.keys() & pins.keys()
    assert {name: CONSTRAINTS[name] for name in shared} == {name: pins[name] for name in shared}
    assert pins.keys() - shared == {"torch"}


def test_constraints_hold_everything_the_requirements_pull_in() -> None:
    waiting = [Requirement(pin) for pin in [*RUNTIME, *EXTRAS["dev"]]]
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
    # setuptools and pip belong to the environment itself; torch is pinned in pyproject
    assert names - CONSTRAINTS.keys() <= {"torch", "setuptools", "pip"}


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_conda_environment_has_the_runtime_pins(name: str) -> None:
    listed = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text(encoding="utf-8"))[
        "dependencies"
    ]
    pip = next(part["pip"] for part in listed if isinstance(part, dict))
    assert versions(pip) == versions(RUNTIME)


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
    assert all(f"bin/{hook['entry'].split('bin/')[1].split()[0]}" in makefile for hook in hooks)


def test_container_has_the_torch_of_the_pins() -> None:
    recipe = (ROOT / "envs/Dockerfile").read_text(encoding="utf-8")
    (torch,) = [pin for pin in RUNTIME if pin.startswith("torch==")]
    assert re.findall(r"torch==[\w.]+", recipe) == [torch]
    copied = re.findall(r"^COPY (.*) \./?\S*$", recipe, re.M)
    assert all((ROOT / name).exists() for line in copied for name in line.split())


def test_catalog_file_has_the_words_the_catalog_reads() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))[
        "usage"
    ]
    assert usage.keys() == {"software-stack-deployment", "mandatory-flags", "report"}
    assert usage["software-stack-deployment"] == {"conda": True}
