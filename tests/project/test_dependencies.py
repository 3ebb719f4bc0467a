"""A rule's code inputs are exactly the modules its script imports, directly or not."""

import subprocess
import sys
from pathlib import Path

import pytest

from slth.dependencies import closure, solver_modules


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = tmp_path / "slth"
    files = {
        "__init__.py": "import slth.unrelated\n",
        "one.py": "from slth import two\n",
        "two.py": "import numpy\n",
        "unrelated.py": "",
        "room/__init__.py": "from slth.room.inside import thing\n",
        "room/inside.py": "from slth.one import x\n",
        "room/lonely.py": "",
        "solvers/_registry.py": 'SOLVERS: dict = {"a": "slth.one:A", "b": "slth.unrelated:B"}\n',
        "solvers/_auto.py": 'CHOICES = ("a",)\n',
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def names(paths: list[Path], package: Path) -> set[str]:
    return {path.relative_to(package).as_posix() for path in paths}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from slth import one", {"one.py", "two.py"}),
        ("import slth.two", {"two.py"}),
        ("from slth.room import thing", {"room/__init__.py", "room/inside.py", "one.py", "two.py"}),
        ("from slth.room.lonely import y", {"room/lonely.py"}),
        ("def f():\n    from slth.two import z", {"two.py"}),
        ("try:\n    pass\nexcept E:\n    import slth.two", {"two.py"}),
        ("if a:\n    pass\nelse:\n    import slth.two", {"two.py"}),
        ("try:\n    pass\nfinally:\n    import slth.two", {"two.py"}),
        ("match a:\n    case 1:\n        import slth.two", {"two.py"}),
        ("import numpy", set()),
    ],
)
def test_closure_follows_imports(
    package: Path, tmp_path: Path, source: str, expected: set[str]
) -> None:
    script = tmp_path / "script.py"
    script.write_text(source)
    assert names(closure(script, package=package), package) == expected


def test_named_modules_join_the_closure(package: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("")
    modules = solver_modules("auto", package)
    assert names(closure(script, modules, package), package) == {"one.py", "two.py"}
    assert solver_modules("b", package) == ["slth.unrelated"]


def test_missing_module_is_named(package: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("")
    with pytest.raises(FileNotFoundError, match=r"slth\.absent"):
        closure(script, ["slth.absent"], package)


def test_every_script_of_the_workflow_resolves() -> None:
    for script in (Path(__file__).parents[2] / "workflow/scripts").glob("*.py"):
        assert closure(script)


@pytest.mark.parametrize("damage", ["none", "cut", "flipped", "not JSON", "unwritable"])
def test_what_is_kept_of_imports_is_never_stale(tmp_path: Path, damage: str) -> None:
    """Another process sees an edit, and a damaged list, as the first would."""
    package = tmp_path / "package"
    package.mkdir()
    for name, text in {"__init__": "", "a": "from package import b\n", "b": "", "c": ""}.items():
        (package / f"{name}.py").write_text(text)

    def read() -> list[str]:
        code = (
            "import sys; from pathlib import Path; from slth.dependencies import closure;"
            "print(*[p.stem for p in closure(sys.argv[1], ['package.a'], Path(sys.argv[2]))])"
        )
        script = tmp_path / "script.py"
        script.write_text("")
        arguments = [sys.executable, "-c", code, str(script), str(package)]
        return subprocess.check_output(arguments, text=True, encoding="utf-8").split()

    assert read() == ["a", "b"]
    kept = package / "__pycache__" / "imports.json"
    assert kept.is_file()
    whole = kept.read_text()
    damages = {"cut": whole[:-9], "flipped": whole.replace('"b"', '"c"'), "not JSON": "{"}
    kept.write_text(damages.get(damage, whole))
    if damage == "unwritable":
        kept.unlink()
        kept.mkdir()
    assert read() == ["a", "b"]
    (package / "a.py").write_text("from package import c\n")
    assert read() == ["a", "c"]
