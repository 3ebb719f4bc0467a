"""docs/architecture.md and its picture are those of the code; imports between rooms go one way."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rooms", DOCS / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_and_picture_are_current(rooms: ModuleType) -> None:
    """`python docs/rooms.py` writes both."""
    assert (DOCS / "rooms.svg").read_text("utf-8") == rooms.svg()
    assert (DOCS / "architecture.md").read_text("utf-8") == rooms.page()


def test_no_room_imports_one_that_imports_it(rooms: ModuleType) -> None:
    assert rooms.cycle() == []


def test_an_import_the_other_way_is_noticed(
    rooms: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "slth.theory.wrong"
    (tmp_path / "wrong.py").write_text("from slth.studies.printing import style\n", "utf-8")
    known = rooms.modules() | {name: tmp_path / "wrong.py"}
    monkeypatch.setattr(rooms, "modules", lambda: known)
    assert {"studies", "theory"} <= set(rooms.cycle())


def test_every_module_has_a_room(rooms: ModuleType) -> None:
    assert {rooms.room_of(name) for name in rooms.modules()} == set(rooms.ROOMS)
    with pytest.raises(KeyError, match="in no room"):
        rooms.room_of("slth.attic")
