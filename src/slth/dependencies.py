"""Which package files a script depends on, by reading its imports.

Snakemake does not track imported modules. The rules list them as inputs through this closure, so
that editing a module reruns exactly what imports it. Imports are read, not executed, and what was
read is kept beside the package by the content of each file: planning stays fast. A package's
``__init__`` counts only when the package itself is imported; these files re-export names and hold
no behaviour.
"""

import ast
import atexit
import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent


def closure(script: str | Path, modules: Iterable[str] = (), package: Path = PACKAGE) -> list[Path]:
    """Return the package files that ``script`` and the named ``modules`` import, sorted.

    Raises FileNotFoundError when ``script`` or a module is missing, SyntaxError when a file does
    not parse. Cost: each file is parsed once a process.
    """
    waiting = list(_imports(Path(script), package))
    for module in modules:
        path = _file(module, package)
        if path is None:
            raise FileNotFoundError(f"no module {module} in {package}")
        waiting.append(path)
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imports(path, package))
    return sorted(found)


def solver_modules(solver: str, package: Path = PACKAGE) -> list[str]:
    """Return the modules behind a solver name; for "auto" those of every solver it may choose."""
    table = constant(package / "solvers" / "_registry.py", "SOLVERS")
    names = [solver]
    if solver == "auto":
        names = list(constant(package / "solvers" / "_auto.py", "CHOICES"))
    return [table[name].split(":")[0] for name in names]


def construction_modules(construction: str, package: Path = PACKAGE) -> list[str]:
    """Return the module behind a construction name."""
    table = constant(package / "tickets" / "registry.py", "CONSTRUCTIONS")
    return [table[construction].split(":")[0]]


@cache
def constant(path: Path, name: str) -> Any:
    """Return the literal assigned to ``name`` at the top of a file, without running it."""
    for node in ast.parse(path.read_bytes()).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            return ast.literal_eval(node.value)  # type: ignore[attr-defined]
    raise LookupError(f"{path}: no constant {name}")


def attribute(target: str, name: str, default: Any = None, package: Path = PACKAGE) -> Any:
    """Return the literal that the body of a class assigns to ``name``, without importing it.

    target: ``module:Class``, as in the registries. default: where the body assigns none.
    """
    return _class_body(target, package).get(name, default)


def defines(target: str, name: str, package: Path = PACKAGE) -> bool:
    """Whether the body of a class, ``module:Class``, defines the method ``name``."""
    return name in _class_body(target, package).get("def", ())


@cache
def _class_body(target: str, package: Path) -> dict[str, Any]:
    """Literals of a class by name, and under "def" the names of its methods."""
    module, name = target.split(":")
    path = _file(module, package)
    if path is None:
        raise FileNotFoundError(f"no module {module} in {package}")
    found: dict[str, Any] = {"def": set()}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    found["def"].add(part.name)
                elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                    with contextlib.suppress(ValueError):  # no literal
                        found[part.target.id] = ast.literal_eval(part.value) if part.value else None
            return found
    raise LookupError(f"{path}: no class {name}")


@cache
def _imports(path: Path, package: Path) -> tuple[Path, ...]:
    kept, content, name = _kept(package), path.read_bytes(), _name(path, package)
    sha = hashlib.sha256(content).hexdigest()
    if kept.get(name, ("",))[0] != sha:
        kept[name] = sha, _imported(ast.parse(content, str(path)), path, package)
    found: list[str] = []
    for module, children in kept[name][1]:
        submodules = [f"{module}.{child}" for child in children]
        files = [name for name in submodules if _file(name, package)]
        found += files + ([module] if len(files) < len(children) or not children else [])
    return tuple(file for name in found if (file := _file(name, package)))


def _imported(tree: ast.AST, path: Path, package: Path) -> list[tuple[str, list[str]]]:
    """Modules of the package that statements import, and the names taken from each."""
    found: list[tuple[str, list[str]]] = []
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(_source(node, path, package), [alias.name for alias in node.names])]
    return [(module, names) for module, names in found if module.split(".")[0] == package.name]


@cache
def _kept(package: Path) -> dict[str, Any]:
    """SHA-256 and imports of each file by name, from earlier processes; kept again at exit.

    The first line of the file is the SHA-256 of the second: a damaged one is not read.
    """
    path = package / "__pycache__" / "imports.json"
    known: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        sha, text = path.read_text(encoding="utf-8").split("\n", 1)
        if sha == hashlib.sha256(text.encode()).hexdigest():
            known = json.loads(text)
    atexit.register(_keep, path, known, dict(known))
    return known


def _keep(path: Path, known: dict[str, Any], before: dict[str, Any]) -> None:
    if known == before:
        return
    text = json.dumps(known)
    with contextlib.suppress(OSError):  # nothing can be kept there: read again next time
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", encoding="utf-8")
        part.replace(path)


def _name(path: Path, package: Path) -> str:
    return path.relative_to(package).as_posix() if path.is_relative_to(package) else path.name


def _source(node: ast.ImportFrom, path: Path, package: Path) -> str:
    """The module that names come from; a relative one is known in files of the package."""
    if not node.level:
        return node.module or ""
    if not path.is_relative_to(package):
        return ""
    above = path.relative_to(package.parent).parts[: -node.level]
    return ".".join([*above, *([node.module] if node.module else [])])


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement that runs, at any depth; expressions, which hold no import, are left out."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for node in getattr(tree, part, ()):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node = ast.Module(node.orelse, [])  # the body names types only
            yield node
            yield from _statements(node)


def _file(module: str, package: Path) -> Path | None:
    first, *rest = module.split(".")
    if first != package.name or not rest:
        return None
    base = package.joinpath(*rest)
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
