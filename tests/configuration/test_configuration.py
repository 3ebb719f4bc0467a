"""The config's front: what is wrong is named in one line each, and nothing makes it raise."""

import copy
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slth import configuration
from slth.configuration import ConfigError, check, faults, read, schema
from slth.configuration.model import model
from slth.configuration.schema import KEYWORDS, write
from tests.networks.data_cases import write_cifar
from tests.sweeps import sweep, swept

ROOT = Path(__file__).parents[2]
SCHEMA_PATH = ROOT / "workflow/schemas/config.schema.json"
SCHEMA = schema()
CONFIG = check(read([ROOT / "config.yaml"]))


def schemas(part: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every schema of a key in ``part``, with the key's path."""
    found = [(path, part)]
    for key, inner in part.get("properties", {}).items():
        found += schemas(inner, f"{path}.{key}")
    return found + (schemas(part["items"], f"{path}[]") if "items" in part else [])


KEYS = schemas(SCHEMA)


@pytest.mark.parametrize(
    "overlay",
    [None, *sorted(set((ROOT / "config").glob("*.yaml")) - {ROOT / "config/config.yaml"})],
)
def test_shipped_configs_are_right(overlay: Path | None, tmp_path: Path) -> None:
    config = read([ROOT / "config.yaml", *([overlay] if overlay else [])])
    if config["data_folder"]:
        assert "data_batch_1: missing" in outcome(config)[1][0]
        config["data_folder"] = str(write_cifar(tmp_path / "data", range(10)))
    assert check(config)


def test_publication_size_takes_cifar_too(tmp_path: Path) -> None:
    config = read(
        [ROOT / name for name in ("config.yaml", "config/full.yaml", "config/cifar.yaml")]
    )
    config["data_folder"] = str(write_cifar(tmp_path / "data", range(10)))
    filled = check(config)["cnns"]
    assert "resnet20" in [trained["network"] for trained in filled["networks"]]
    assert filled["seeds"] == 20


def test_defaults_alone_are_a_right_config() -> None:
    filled = check({})
    assert check(filled) == filled


def test_schema_is_json_schema_in_known_keywords() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert {word for _, part in KEYS for word in part} <= KEYWORDS


@pytest.mark.parametrize(("path", "part"), KEYS, ids=[path for path, _ in KEYS])
def test_every_key_is_described_typed_bounded_defaulted(path: str, part: dict[str, Any]) -> None:
    assert part["description"]
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    if "object" in kinds:
        assert part["additionalProperties"] is False
    elif not path.endswith("[]"):  # an entry of a list has no default: the list has
        owner = next(p for way, p in KEYS if way == path.rsplit(".", 1)[0])
        assert "default" in part or path.rsplit(".", 1)[1] in owner["required"]
    if "array" in kinds:
        assert {"minItems", "maxItems"} <= part.keys()
    if "string" in kinds:
        assert "enum" in part or part["pattern"].endswith("$")
    if {"integer", "number"} & set(kinds):
        assert {"minimum", "exclusiveMinimum"} & part.keys()
        assert {"maximum", "exclusiveMaximum"} & part.keys()
    assert "default" not in part or faults(part["default"], part) == []


def test_config_states_the_defaults() -> None:
    """So that a line that is left out changes nothing."""
    assert read([ROOT / "config.yaml"]).keys() >= {"seed", "threshold", "tickets", "atlas"}
    assert check({}) == CONFIG


def test_schema_for_editors_says_nothing_else(tmp_path: Path) -> None:
    """It may lack names and studies that were added since; `make check` asks for those too."""
    write(tmp_path / "schema.json")
    current = json.loads((tmp_path / "schema.json").read_bytes())
    on_file = json.loads(SCHEMA_PATH.read_bytes())
    assert list(differences(on_file, current)) == [], "run `make schema`"


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Where two schemas differ, but for studies and names of registries that only one has."""
    lists = isinstance(old, list) and isinstance(new, list)
    names = path.endswith(".enum") and lists and set(old) <= set(new)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            added = path == ".properties" and key not in old
            if not added:
                yield from differences(old.get(key), new.get(key), f"{path}.{key}")
    elif old != new and not names:
        yield path


def test_differences_of_schemas_are_seen() -> None:
    changed = copy.deepcopy(dict(SCHEMA))
    changed["properties"]["seed"]["maximum"] = 3
    del changed["properties"]["depth"]
    found = list(differences(SCHEMA, changed))
    assert sorted(found) == [".properties.depth", ".properties.seed.maximum"]


def test_settings_are_typed() -> None:
    settings = model().model_validate(CONFIG)
    assert settings.threshold.eps == CONFIG["threshold"]["eps"]  # type: ignore[attr-defined]


GRID = [{"d": 2, "n": [4]}]
TICKET = {"name": "t", "network": "one"}
WRONG = [
    ({"seed": -1}, "seed: got -1, takes an integer >= 0"),
    ({"seed": True}, "seed: got True"),
    ({"seed": 1.0}, "seed: got 1.0"),
    ({"seeed": 1}, "seeed: unknown key; did you mean seed?"),
    ({"threshold": None}, "threshold: got None, takes the keys enabled, ensembles"),
    ({"threshold": {"eps": math.nan}}, "threshold.eps: got nan"),
    ({"threshold": {"eps": "1e-3"}}, "write 0.001 without quotes"),
    ({"threshold": {"ensembles": ["norml"]}}, "did you mean 'normal'?"),
    ({"threshold": {"grid": [{"d": 1}]}}, "threshold.grid[0].n: missing, takes a list"),
    ({"threshold": {"grid": []}}, "threshold.grid: got 0 entries"),
    ({"threshold": {"grid": [{"d": 1, "n": [4, 4]}]}}, "grid[0].n: got 4 twice"),
    ({"threshold": {"grid": [{"d": 1, "n": [4]}, {"d": 1, "n": [5]}]}}, "one block per d"),
    ({"threshold": {"ensembles": ["product"], "grid": [{"d": 2, "n": [4]}]}}, "d <= 1"),
    ({"threshold": {"replicates": 3, "shards": 4}}, "threshold.shards: got 4"),
    ({"networks": [{"name": "../a"}]}, "networks[0].name: got '../a'"),
    ({"networks": [{"name": "a\n"}]}, "networks[0].name: got 'a\\n'"),
    ({"networks": [{"name": "one", "kernel": 4}], "tickets": [TICKET]}, "takes an odd size"),
    (
        {
            "networks": [{"name": "one", "channels": [1] * 4, "padding": "valid"}],
            "tickets": [TICKET],
        },
        "too small",
    ),
    ({"networks": [{"name": "one"}] * 2, "tickets": [TICKET]}, "which networks[0] has"),
    ({"tickets": [{"name": "a", "network": "absent"}]}, "takes one of the networks: one"),
    ({"tickets": [{"name": "a"}]}, "tickets[0].network: missing"),
    ({"tickets": {"name": "a"}}, "tickets: got {'name': 'a'}, takes a list"),
    ({"atlas": {"least": {"ensembles": ["binary"], "grid": GRID}}}, "lie on a lattice"),
    ({"atlas": {"lattice": {"ensembles": ["normal"], "grid": GRID}}}, "lie on no lattice"),
    ({"atlas": {"search": {"ensembles": ["product"], "grid": GRID}}}, "defined for d <= 1"),
    (
        {"atlas": {"least": {"grid": [{"d": 1, "n": [4], "ensembles": ["normal"]}]}}},
        "atlas.least.grid[0].ensembles: got 'normal', which the whole grid has",
    ),
    (
        {
            "atlas": {
                "shards": 41,
                "covering": {"grid": GRID},
                "volume": {"grid": []},
                "search": {"grid": []},
            }
        },
        "atlas.covering.replicates is 40",
    ),
    ({"atlas": {"sizes": {"grid": GRID}}}, "atlas.sizes.grid[0].eps: missing"),
    ({"atlas": {"volume": {"grid": [{"d": 2, "n": [4], "eps": 0.1}]}}}, "an integer >= 1 and <= 1"),
    ({"price": {"sizes": [{"granularity": "entry", "eps": 0.1}] * 2}}, "got entry twice"),
    (
        {"price": {"arms": [{"construction": "rss_dense", "n": [4], "digits": [3]}]}},
        "takes none for rss_dense",
    ),
    (
        {
            "price": {
                "arms": [
                    {"construction": "rss_dense", "n": [n], "targets": ["points"]} for n in (4, 5)
                ]
            }
        },
        "got rss_dense on",
    ),
    ({"price": {"replicates": 2, "shards": 3}}, "price.shards: got 3"),
    ({"depth": {"shards": 9}}, "depth.shards: got 9"),
]


@pytest.mark.parametrize(("change", "words"), WRONG, ids=[words for _, words in WRONG])
def test_fault_says_where_what_and_what_it_takes(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(change)
    assert len(caught.value.faults) == 1
    assert words in caught.value.faults[0]


def test_tickets_and_their_networks_may_be_left_out() -> None:
    left = check({"tickets": [], "networks": []})
    assert not configuration.enabled(left, "tickets")
    with pytest.raises(ConfigError, match=r"tickets\[0\].network: got 'one', takes one of"):
        check({"networks": []})


def test_all_faults_are_named_at_once() -> None:
    wrong = {"seed": -1, "extra": 0, "threshold": {"eps": 0, "solver": "x"}, "tickets": 3}
    assert len(faults(wrong, SCHEMA)) == 5


deep: list[Any] = []
for _ in range(3000):
    deep = [deep]
circle: list[Any] = []
circle.append(circle)
JUNK: list[Any] = [
    *(None, True, 0, -1, 1.5, 1e308, math.nan, math.inf, -math.inf, 10**5000, -(10**400)),
    *("", "1e-3", "../../etc/passwd", "a/b", "CON\n", "\x00", "x" * 100_000, "ünï", "{wildcard}"),
    *([], {}, [[]], {"a": {"b": {}}}, [None], {1: 2}, {None: None}, b"raw", deep, circle),
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in ``value``."""
    if isinstance(value, dict):
        return [(value, key) for key in value] + [p for v in value.values() for p in places(v)]
    if isinstance(value, list):
        return [(value, i) for i in range(len(value))] + [p for v in value for p in places(v)]
    return []


@st.composite
def mutants(draw: st.DrawFn) -> dict[str, Any]:
    """The default config with one to three things wrong, or merely different."""
    config = copy.deepcopy(CONFIG)
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(places(config) or [(config, "seed")]))
        kind = draw(st.sampled_from(["replace", "remove", "add", "rename", "swap"]))
        junk = draw(st.one_of(st.sampled_from(JUNK), st.integers(), st.floats(), st.text()))
        if kind == "remove":
            del container[key]
        elif kind == "add" and isinstance(container, dict):
            container[draw(st.one_of(st.text(), st.integers(), st.none()))] = junk
        elif kind == "rename" and isinstance(container, dict):
            container[f"{key}s"] = container.pop(key)
        elif kind == "swap":
            other, place = draw(st.sampled_from(places(config)))
            container[key] = copy.deepcopy(other[place]) if other is not container else junk
        else:
            container[key] = junk
        if not all(isinstance(part, dict | list) for part in config.values()) or config == {}:
            break
        if any(junk is part for part in (deep, circle)):
            break
    return config


def outcome(config: dict[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    try:
        return check(config), []
    except ConfigError as error:
        return None, error.faults


def of(examples: int, *, fresh: bool) -> settings:
    """fresh: other examples in every run, as long as nobody waits for it."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=not fresh,
    )


@of(400, fresh=False)
@given(mutants())
def test_mutants_are_taken_or_refused_in_lines(mutant: dict[str, Any]) -> None:
    taken_or_refused_in_lines(mutant)


@sweep
@of(2000, fresh=True)
@given(mutants())
def test_further_mutants_are_taken_or_refused_in_lines(mutant: dict[str, Any]) -> None:
    taken_or_refused_in_lines(mutant)


def test_a_fault_is_said_once() -> None:
    """A law that the whole grid of three blocks may not have."""
    _, lines = outcome({"atlas": {"covering": {"ensembles": ["binary"]}}})
    assert len(lines) == 1, lines
    assert lines[0].startswith("atlas.covering.ensembles: got 'binary'")


def taken_or_refused_in_lines(mutant: dict[str, Any]) -> None:
    filled, lines = outcome(mutant)
    assert (filled is None) == bool(lines)
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert line.isprintable()
        assert len(line) < 1000
        assert ": " in line
    if filled is not None:
        assert check(filled) == filled
        names = [entry["name"] for part in ("networks", "tickets") for entry in filled[part]]
        assert all(Path(name).name == name for name in names)


@of(150, fresh=False)
@given(mutants())
def test_jsonschema_agrees(mutant: dict[str, Any]) -> None:
    """An independent validator refuses what we refuse, but for floats that are no numbers."""
    found = faults(mutant, SCHEMA)
    plain = yaml_like(mutant)
    if plain:
        agreed = jsonschema.Draft202012Validator(SCHEMA).is_valid(mutant)
        assert agreed == (not found), found


def yaml_like(value: Any, depth: int = 0) -> bool:
    """Whether jsonschema can take ``value``: it fails on deep, huge or non-finite ones, and takes
    1.0 for an integer and a name that ends in a newline."""
    if depth > 20 or (isinstance(value, str) and value.endswith("\n")):
        return False
    if isinstance(value, dict):
        return all(isinstance(k, str) and yaml_like(v, depth + 1) for k, v in value.items())
    if isinstance(value, list):
        return all(yaml_like(v, depth + 1) for v in value)
    if isinstance(value, float):
        return math.isfinite(value) and not value.is_integer()
    return not isinstance(value, int) or abs(value) < 10**100


FILES = {
    "a: 1\na: 2": "key 'a' is given twice",
    "a: &x 1\nb: *x": "aliases",
    "a: [": "expected",
    "- a": "takes keys at the top level",
    "a: 2020-99-99": "month",
    "a: " + "9" * 5000: "digits",
    "a: " + "[" * 3000: "nested too deeply",
    "a: !!python/object/apply:os.system [true]": "could not determine a constructor",
    "#" * 1_000_001: "takes at most 1,000,000",
}


@pytest.mark.parametrize(("text", "words"), FILES.items(), ids=FILES.values())
def test_unusable_file_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        read([tmp_path / "c.yaml"])
    assert len(caught.value.faults) == 1
    assert "\n" not in caught.value.faults[0]


def test_unreadable_files_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff")
    with pytest.raises(ConfigError) as caught:
        read([tmp_path / "absent.yaml", tmp_path, tmp_path / "latin.yaml"])
    assert len(caught.value.faults) == 3


def test_empty_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("# nothing\n", encoding="utf-8")
    assert read([ROOT / "config.yaml", tmp_path / "c.yaml"]) == read([ROOT / "config.yaml"])


def test_overlay_replaces_values_and_lists_and_keeps_the_rest() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 3}
    merged = configuration.merge(base, {"a": {"c": [4]}, "d": {"e": 5}})
    assert merged == {"a": {"b": 1, "c": [4]}, "d": {"e": 5}}
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": 3}


def test_defaults_reach_entries_of_lists_and_are_copies() -> None:
    filled = check({"networks": [{"name": "a"}], "tickets": [{"name": "t", "network": "a"}]})
    assert filled["networks"][0]["kernel"] == 3
    filled["threshold"]["ensembles"].append("changed")
    assert "changed" not in check({})["threshold"]["ensembles"]


SNAKEFILE = """
from slth.configuration import check_or_exit
configfile: "config.yaml"
config = check_or_exit(config, workflow.configfiles)
rule all:
    output: "out"
    shell: "touch out"
"""


@pytest.mark.parametrize("argument", swept(["--dry-run", "--cores=1", "--lint", "--unlock"], 2))
def test_snakemake_is_left_cleanly(tmp_path: Path, argument: str) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(
        yaml.safe_dump({"seed": -1, "extra": 1}), encoding="utf-8"
    )
    command = [sys.executable, "-m", "snakemake", argument]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("config: ")]
    assert done.returncode == 1
    assert len(lines) == 2, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "Error" not in done.stderr + done.stdout
    assert not list(tmp_path.glob(".snakemake/locks/*"))
    assert not (tmp_path / "out").exists()
