"""Strange configs: each is a line that says what is wrong, or its jobs run to the printed page."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from slth import dependencies, tickets
from slth.configuration import ConfigError, check, read
from slth.configuration.reading import MAX_LINES, given
from slth.networks.data import DATA_SETS, load_data_set
from slth.settings import reach
from slth.settings.networks import CLASSES
from slth.solvers._base import DEFAULT_MEMORY
from slth.solvers._registry import SOLVERS, get
from slth.studies.atlas import claims as atlas_claims
from slth.studies.atlas import figures as atlas_figures
from slth.studies.atlas import tables as atlas_tables
from slth.studies.atlas.least import fit_threshold, least_points
from slth.studies.atlas.points import search_points
from slth.studies.atlas.settings import Settings as Atlas
from slth.studies.atlas.solve import COLUMNS, measure
from slth.studies.price.claims import price_macros
from slth.studies.price.figures import figures as price_figures
from slth.studies.price.grid import measure_price
from slth.studies.price.settings import Settings as Price
from slth.studies.price.tables import prices_table
from slth.studies.price.widths import with_predictions
from slth.studies.printing import engine, provenance, titles
from slth.studies.threshold.measure import summarise
from slth.studies.threshold.sample import cells
from slth.studies.threshold.settings import Settings as Threshold
from slth.studies.threshold.solve import decide
from slth.theory import refined
from tests.sweeps import swept

ROOT = Path(__file__).parents[2]
ATLAS = ("least", "lattice", "covering", "sizes", "volume", "search")
OFF: dict[str, Any] = {name: {"grid": []} for name in ATLAS}
OFF["certificates"] = {
    "dimensions": [], "tolerances": [], "centred": [], "sized": [],
}  # fmt: skip
TICKET = {"name": "t", "network": "one", "n": [8]}


def atlas(**changes: Any) -> dict[str, Any]:
    return {"atlas": {**OFF, **changes}}


def price(*arms: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"price": {"arms": list(arms), "sizes": [], **changes}}


def grid(d: int, *n: int, **more: Any) -> list[dict[str, Any]]:
    return [{"d": d, "n": list(n), **more}]


REFUSED = {
    # solvers beyond their n, in every study that names one
    "threshold.solver: got 'mitm', which refuses n = 65": {"threshold": {"grid": grid(2, 12, 65)}},
    "threshold.solver: got 'enumeration', which refuses n = 31": {
        "threshold": {"grid": grid(1, 31), "solver": "enumeration"}
    },
    "atlas.least.solver: got 'enumeration'": atlas(
        least={"grid": grid(1, 31), "solver": "enumeration"}
    ),
    "atlas.lattice.solver: got 'enumeration'": atlas(
        lattice={"grid": grid(1, 31, ensembles=["quantized"]), "solver": "enumeration"}
    ),
    "tickets[0].solver: got 'mitm'": {"tickets": [{**TICKET, "n": [65], "solver": "mitm"}]},
    "tickets[0].solver: got 'enumeration'": {
        "tickets": [{**TICKET, "n": [31], "solver": "enumeration"}]
    },
    "restrictions.solver: got 'mitm'": {"restrictions": {"n": 65, "solver": "mitm"}},
    "restrictions.solver: got 'enumeration'": {"restrictions": {"n": 16, "solver": "enumeration"}},
    "replicas.dense.n: got 'mitm'": {"replicas": {"dense": {"n": [40]}}},
    # memory of a search
    "it needs 80.0 GiB and is allowed": {"threshold": {"grid": grid(1, 62)}},
    "atlas.search.solvers[0]: got 'klist'": atlas(
        search={"grid": grid(4096, 100000), "solvers": ["klist"]}
    ),
    # a device that the solver has not
    "which runs on cpu; takes a solver that runs on cuda": {
        "device": "cuda",
        "threshold": {"solver": "lp_rounding"},
    },
    # numbers at their ends
    "threshold.eps: got 5e-324": {"threshold": {"eps": 5e-324}},
    "tickets[0].eps: got 5e-324": {"tickets": [{**TICKET, "eps": 5e-324}]},
    "atlas.volume.grid[0].eps: got 5e-324": atlas(volume={"grid": grid(1, 4, eps=5e-324)}),
    "price.tolerance: got 1e-300": price(tolerance=1e-300),
    "restrictions.scale: got 5e-324": {"restrictions": {"scale": 5e-324}},
    "restrictions.leak: got 5e-324": {"restrictions": {"leak": 5e-324}},
    "price.fractions[0]: got 5e-324": price(fractions=[5e-324]),
    "atlas.covering.resolution: got 1e-300": atlas(covering={"resolution": 1e-300}),
    "atlas.confidence: got 0.9999999999999999": atlas(confidence=0.9999999999999999),
    "networks[0].held_out: got 1e-09": {"networks": [{"name": "one", "held_out": 1e-9}]},
    "networks[0].held_out: got 0.002, which holds out 0 of the 174": {
        "networks": [{"name": "one", "held_out": 0.002}]
    },
    "learned.held_out: got 0.002": {"learned": {"held_out": 0.002}},
    "replicas.lenet.held_out: got 0.002": {"replicas": {"lenet": {"held_out": 0.002}}},
    # what no job could hold
    "2.3e+12 intervals at n = 1000": atlas(volume={"grid": grid(1, 1000, eps=1e-9)}),
    "threshold.grid[0].n: got 100000": {"threshold": {"grid": grid(64, 100000), "solver": "auto"}},
    "atlas.least.grid[0].n: got 30": atlas(
        least={"grid": grid(64, 30), "replicates": 10**6}, shards=1
    ),
    "networks[0].channels: got": {
        "networks": [{"name": "one", "channels": [512] * 16, "kernel": 31}]
    },
    "learned.channels: got": {"learned": {"channels": [4096] * 4, "kernel": 9}},
    "tickets[0].n: got [100000]": {"tickets": [{**TICKET, "n": [100000], "seeds": 10000}]},
    "price.arms[0].n: got 1000000": price({"construction": "ell_plus_one", "n": [1000000]}),
    "price.arms[0].n: got 100,": price(
        {"construction": "binary_polylog", "n": [100], "digits": [40]}
    ),
    "price.sizes[0].eps: got 1e-12": price(
        sizes=[{"granularity": "kernel", "eps": 1e-12}],
        images={"kernel": 31, "channels": [64, 64]},
    ),
    "restrictions.side: got 64": {"restrictions": {"side": 64, "channels": 64}},
    "depth.layers: got 50": {"depth": {"layers": [50], "kernel": 31}},
    "sandwich.probes: got 100000000": {"sandwich": {"probes": 10**8}},
    "sandwich.widths: got 1024": {"sandwich": {"widths": [4, 1024], "side": 64}},
    "bracket.samples: got 100000000": {"bracket": {"samples": 10**8}},
    "replicas.dense.n: got 25": {"replicas": {"dense": {"hidden": [4096] * 16}}},
}


@pytest.mark.parametrize(("words", "change"), REFUSED.items(), ids=list(REFUSED))
def test_setting_that_a_job_would_fail_with_is_a_line(words: str, change: dict[str, Any]) -> None:
    if "tickets" in change or "networks" in change:
        change = {"networks": [{"name": "one"}], "tickets": [TICKET], **change}
    with pytest.raises(ConfigError) as caught:
        check(change)
    assert any(words in line for line in caught.value.faults), caught.value.faults
    assert all(line.isprintable() and len(line) < 400 for line in caught.value.faults)


TAKEN = {
    "largest n of each solver": {"threshold": {"grid": grid(2, 64)}},
    "enumeration at its end": {"threshold": {"grid": grid(2, 30), "solver": "enumeration"}},
    "a search skips who cannot": atlas(search={"grid": grid(2, 65, 200), "solvers": ["mitm"]}),
    "n = 1000 intervals": atlas(volume={"grid": grid(1, 1000, eps=0.001)}),
    "as few held out as there are classes": {"networks": [{"name": "one", "held_out": 0.003}]},
    "auto takes any n": {"threshold": {"grid": grid(2, 1000), "solver": "auto", "replicates": 9}},
    "every construction": price(*({"construction": n, "n": [2]} for n in tickets.CONSTRUCTIONS)),
    "cuda where it is taken": {"device": "cuda"},
}


@pytest.mark.parametrize("change", TAKEN.values(), ids=list(TAKEN))
def test_setting_at_its_end_is_taken(change: dict[str, Any]) -> None:
    if "networks" in change:
        change = {**change, "tickets": [TICKET]}
    assert check(change)


def test_planning_imports_no_solver_and_no_network() -> None:
    script = (
        "import sys; from slth.configuration import check, read; check(read(['config.yaml']));"
        "from slth.studies.printing import titles; titles.families(), titles.solver('mitm');"
        "print([m for m in ('torch', 'numba', 'scipy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", list(SOLVERS))
def test_literals_of_a_solver_say_what_it_does(name: str) -> None:
    """What the config believes without importing the class."""
    own, target = get(name), SOLVERS[name]
    limit = dependencies.attribute(target, "max_n")
    assert dependencies.attribute(target, "devices", ("cpu",)) == own.devices
    assert limit == own.max_n
    assert titles.solver(name)
    for n in (1, 10, 30, 31, 64, 65, 10**5):
        assert (own.refusal(n, 2) is None) == (limit is None or n <= limit)
    top = min(limit, reach.EASY_N) if limit else None
    easy = [(top, d) for d in (1, 2, reach.EASY_D)] if top else []
    if not easy:
        easy = [(reach.EASY // d, d) for d in (1, 2, 24, 316, reach.FLAT_D)]
    assert max(own.bytes_needed(n, d) for n, d in easy) <= DEFAULT_MEMORY


@pytest.mark.parametrize("name", list(tickets.CONSTRUCTIONS))
def test_literals_of_a_construction_are_the_class_s_own(name: str) -> None:
    target = tickets.CONSTRUCTIONS[name]
    cls = type(tickets.get(name))
    assert titles.lacking(name) == []
    for word in titles.WORDS:
        assert dependencies.attribute(target, word) == getattr(cls, word)
    for word in ("random_sums", "blocked"):
        assert dependencies.attribute(target, word, getattr(tickets.Construction, word)) == getattr(
            cls, word
        )
    assert cls.rate in ("power", "candidates", "digits", "unknown")


def test_construction_without_words_is_a_fault_that_names_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = {**titles.constructions(), "rss_dense": "slth.tickets.choosing:Single"}
    monkeypatch.setattr(titles, "constructions", lambda: table)
    with pytest.raises(ConfigError, match="whose class says no label, words, family, rate"):
        check(price({"construction": "rss_dense", "n": [3]}))


def test_classes_of_the_shipped_data_are_as_large_as_the_config_believes() -> None:
    for name, (least, most) in CLASSES.items():
        counts = np.bincount(DATA_SETS[name]()[1])
        assert (counts.min(), counts.max()) == (least, most)
        with pytest.raises(ValueError, match="held_out"):
            load_data_set(name, held_out=0.4 / most)
        assert len(load_data_set(name, held_out=0.6 / least).held_out_labels) == len(counts)


@pytest.mark.parametrize("n", [1, 8, 40, 400])
def test_pools_are_no_larger_than_the_config_believes(n: int) -> None:
    drawn = np.random.default_rng(n).binomial(2 * n, 0.5, 100_000)
    assert drawn.max() <= reach.pool(n) <= 2 * n == reach.pool(n, both=True)


# What is accepted at its ends runs, to the printed page.

ENDS = [
    {"eps": 1e-12},
    {"eps": 1.0, "confidence": 0.9999},
    {"eps": 1e-12, "ensembles": ["quantized", "binary", "product"]},
    {"grid": grid(64, 1), "replicates": 1, "confidence": 0.5},
]


@pytest.mark.parametrize("change", ENDS)
def test_threshold_at_its_ends_runs(change: dict[str, Any]) -> None:
    own = {"grid": grid(1, 1, 4), "replicates": 3, "solver": "enumeration", **change}
    settings = Threshold(**check({"threshold": own})["threshold"])
    table = summarise(decide(cells(settings, 1, 0), settings.solver), settings.confidence)
    assert table[["rate", "low", "high", "prediction", "n_star"]].notna().all().all()


def test_refined_prediction_holds_no_more_than_some_covariances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """(N, d, d) of 256 samples at d = 4096 were 32 GiB."""
    held: list[Any] = []
    chances = refined._chances
    monkeypatch.setattr(refined, "SQUARES", 2**14)

    def recorded(X: Any, *rest: Any) -> Any:
        held.append(X.shape)
        return chances(X, *rest)

    monkeypatch.setattr(refined, "_chances", recorded)
    assert 0 <= refined.refined_probability("normal", n=2, d=32, eps=0.5, samples=100) <= 1
    assert sum(N for N, _, _ in held) == 100
    assert all(N * d * d <= 2**14 for N, _, d in held)


def printed(frames: dict[str, pd.DataFrame]) -> None:
    atlas_claims.macros(frames)
    atlas_figures.figures(frames)
    atlas_tables.tables(frames)


@pytest.mark.parametrize(
    "change",
    [
        {"least": {"grid": grid(1, 1), "replicates": 2, "ensembles": ["uniform"]}},
        {"search": {"grid": grid(1, 3000), "replicates": 2, "budget": 9, "solvers": ["annealing"]}},
        {"search": {"grid": grid(3, 70), "replicates": 2, "budget": 1, "solvers": ["mitm"]}},
    ],
)
def test_atlas_at_its_ends_is_printed(change: dict[str, Any]) -> None:
    settings = Atlas(**check(atlas(**change))["atlas"])
    rows = {name: measure(name, settings, 1, 0) for name in COLUMNS}
    names = "least fit lattice scales sufficient covering sizes entropy slopes search volume"
    names += " ratios overlaps centred sized"
    frames = {f"atlas_{name}": pd.DataFrame() for name in names.split()}
    least = least_points(rows["least"], 0.99)
    frames["atlas_least"] = least.assign(confidence=0.99)
    frames["atlas_fit"] = fit_threshold(least, 0.2, 0.99)
    frames["atlas_search"] = search_points(rows["search"], 0.99).assign(confidence=0.99)
    printed(frames)


@pytest.mark.parametrize("name", swept(tickets.CONSTRUCTIONS, 4))
def test_every_construction_that_can_be_priced_is_printed(name: str) -> None:
    """None may vanish from the table, or be a key that the prose does not know."""
    targets = {"points": {"points": 2, "channels": [1, 1]}, "images": {"channels": [1, 1]}}
    own = price({"construction": name, "n": [2]}, replicates=1, budget=50, **targets)
    settings = Price(**check(own)["price"])
    rows = with_predictions(measure_price(settings, {}, 1, 0), settings, 1)
    macros, table = price_macros(rows, pd.DataFrame()), prices_table(rows)
    assert price_figures({"price": rows, "sizes": pd.DataFrame()})
    built = rows[rows["status"] == "BUILT"]
    label = str(titles.arm(built["arm"].iloc[0], "label")) if len(built) else ""
    assert sum(label in row for row in table.rows if isinstance(row, list)) == (
        built["target"].nunique()
    )
    for arm in rows.loc[rows["status"] == "REFUSED", "arm"]:
        assert str(titles.arm(arm, "words")).lower() in macros["PriceRefused"].lower()


def test_prices_at_one_size_are_drawn() -> None:
    """Points one above the other leave an axis of no width."""
    row = {
        "target": "points", "n": 3, "digits": 0, "d": 1, "replicate": 0, "status": "BUILT",
        "upper": 0.5, "lower": 0.4, "target_scale": 1.0, "overparameterisation": 8.0,
    }  # fmt: skip
    arms = ("structured_convolution-entry", "structured_convolution-kernel", "equivariant")
    rows = pd.DataFrame([{**row, "arm": arm, "construction": arm} for arm in arms])
    assert price_figures({"price": rows, "sizes": pd.DataFrame()})["price"].axes


# Which numbers the run computed.


def test_abstract_excepts_what_the_sections_of_the_run_take_over() -> None:
    assert provenance.computed(provenance.given(["threshold", "atlas", "tickets"])) == (
        "Every number in this paper was computed by the run that typeset it."
    )
    whole = provenance.computed(provenance.given(["benchmark", "latency", "replicas"]))
    assert "benchmark's timings, published figures and the latencies with their errors" in whole


# Files of --configfile.

BROKEN = {
    "tab.yaml": (b"a:\n\t- 1\n", "tab.yaml:2:1: found character"),
    "open.yaml": (b"a: [1, 2\nb: 3\n", "open.yaml:2:2: expected"),
    "latin.yaml": (b"a: \xff\n", "latin.yaml: not UTF-8 at byte 3"),
    "deep.yaml": (b"a: " + b"[" * 3000, "nested too deeply"),
    "deep.json": (b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", "nested too deeply"),
    "data.csv": (b"x,y\n1,2\n", "data.csv: got str, takes keys at the top level"),
    "data.json": (b"[1, 2]", "data.json: got list, takes keys at the top level"),
    "data.parquet": (b"PAR1\x15\x04\x15\x90PAR1", "data.parquet: not UTF-8 at byte 7"),
    "zeros": (b"\0" * 100, "zeros: character 0x0 at position 0"),
    "large.csv": (b"1,2\n" * 300_000, "got 1,200,000 bytes, takes at most 1,000,000"),
    "code.yaml": (b"__use_yte__: true\n__definitions__: [import os]\n", "templates are not taken"),
}


@pytest.mark.parametrize(("name", "case"), BROKEN.items(), ids=list(BROKEN))
def test_file_that_is_no_config_is_a_line(
    tmp_path: Path, name: str, case: tuple[bytes, str]
) -> None:
    (tmp_path / name).write_bytes(case[0])
    with pytest.raises(ConfigError) as caught:
        read([tmp_path / name])
    (line,) = caught.value.faults
    assert case[1] in line


def test_what_is_no_file_is_a_line_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    paths: list[str | Path] = [
        "/dev/zero",
        "/dev/null",
        tmp_path / "pipe",
        tmp_path,
        tmp_path / "absent",
        "a\n" * 9,
    ]
    start = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        read(paths)
    assert len(caught.value.faults) == len(paths)
    assert all(line.isprintable() for line in caught.value.faults)
    assert time.monotonic() - start < 60  # not: for ever


def test_byte_order_mark_is_no_character(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"\xef\xbb\xbfseed: 3\n")
    assert read([tmp_path / "c.yaml"]) == {"seed": 3}


COMMANDS = {
    "--cores 1 --configfile a.yaml b.yaml -n": ["a.yaml", "b.yaml"],
    "--configfile=a.yaml --config seed=3": ["a.yaml"],
    "--configfiles a.yaml --cores all all": ["a.yaml"],
    "--configf a.yaml": ["a.yaml"],
    "--configfile a.yaml --configfile b.yaml": ["b.yaml"],
    "--config configfile=a.yaml": [],
    "--cores 1 -- --configfile a.yaml": [],
    "--configfile a.yaml -- all": ["a.yaml"],
}


@pytest.mark.parametrize(("command", "files"), COMMANDS.items(), ids=list(COMMANDS))
def test_config_files_are_found_on_the_command_line(command: str, files: list[str]) -> None:
    assert given(command.split()) == files


@pytest.mark.parametrize("path", swept(["/dev/zero", "absent.yaml", "latin.yaml"], 1))
def test_snakemake_is_left_with_a_line_before_it_reads(tmp_path: Path, path: str) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff\n")
    command = [sys.executable, "-m", "snakemake", "-n", "--snakefile", str(ROOT / "Snakefile")]
    done = subprocess.run(
        [*command, "--directory", str(tmp_path), "--configfile", path],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"config: {path}: " in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_many_faults_are_cut_short(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps({f"key{i}": i for i in range(500)}))
    script = (
        "from slth.configuration import check_or_exit, read;"
        f"check_or_exit(read([{str(tmp_path / 'data.json')!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert len(lines) == MAX_LINES + 1
    assert lines[-1] == f"config: and {500 - MAX_LINES} more faults"


# TeX.


def test_missing_tex_is_said_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert engine.engine() is None
    with pytest.raises(SystemExit) as caught:
        engine.require_engine()
    assert caught.value.code == 1
    assert "make tex" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("programs", "found"),
    [(["latexmk"], None), (["latexmk", "pdflatex"], "latexmk"), (["tectonic"], "tectonic")],
)
def test_tex_is_what_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: list[str], found: str | None
) -> None:
    for program in programs:
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert engine.engine() == found
