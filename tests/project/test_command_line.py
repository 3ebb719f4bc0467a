"""Every command of `slth`: its answer, its JSON, its exit code, and one line for wrong input."""

import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner, Result

import slth
from slth.cli.app import app
from slth.cli.ending import Code

onnx = pytest.importorskip("onnx")
SEED = 5
WHOLE = np.array([[3, 1], [2, 5], [4, 4], [-1, 2]])


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def told(*arguments: object) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON object, which is all of stdout."""
    result = call(*arguments, "--json")
    assert result.stderr == ""
    found: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, found


def refused(*arguments: object, code: Code = Code.INPUT) -> str:
    """The one line on stderr of a command that is refused."""
    result = call(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("slth: ")
    return line.removeprefix("slth: ")


def test_the_list_of_commands_ends_no_line_early() -> None:
    listed = call("--help").stdout.partition("Commands:")[2].partition("Exit codes")[0]
    lines = [line for line in listed.splitlines() if line.strip()]
    assert len(lines) == len(app.registered_commands)
    assert all(line.endswith(".") and not line.endswith("...") for line in lines)


@pytest.fixture
def arrays(tmp_path: Path) -> tuple[Path, Path]:
    np.save(tmp_path / "X.npy", WHOLE)
    np.save(tmp_path / "z.npy", np.array([5, 6]))
    return tmp_path / "X.npy", tmp_path / "z.npy"


def onnx_network(path: Path, weight: np.ndarray) -> Path:
    """y = W x on two features."""
    helper = onnx.helper
    values = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, size])
        for name, size in (("x", 2), ("y", len(weight)))
    ]
    held = onnx.numpy_helper.from_array(weight.astype(np.float32), "W")
    node = helper.make_node("Gemm", ["x", "W"], ["y"], transB=1)
    graph = helper.make_graph([node], "net", values[:1], values[1:], [held])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), str(path))
    return path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two linear maps whose outputs differ by at most 0.25 on [-1, 1]²."""
    first, second = np.array([[1.0, 0.5], [0, 1]]), np.array([[1.0, 0.25], [0, 1]])
    return onnx_network(tmp_path / "f.onnx", first), onnx_network(tmp_path / "g.onnx", second)


def test_solve_answers_with_the_subset(arrays: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "keep.npy"
    asked = ("solve", *arrays, "--eps", "0.5", "--solver", "enumeration")
    code, found = told(*asked, "--out", out)
    assert (code, found["status"], found["kept"], found["error"]) == (0, "HIT", [0, 1], 0.0)
    assert np.load(out).tolist() == [True, True, False, False]
    words = call(*asked)
    assert words.exit_code == 0
    assert "Solution: HIT" in words.stdout
    assert "kept: 0 1" in words.stdout


def test_solve_says_what_is_proved_not_to_exist(arrays: tuple[Path, Path], tmp_path: Path) -> None:
    np.save(tmp_path / "far.npy", np.array([40.0, 40.0]))
    asked = ("solve", arrays[0], tmp_path / "far.npy", "--eps", "0.5", "--solver", "enumeration")
    code, found = told(*asked)
    assert code == Code.FAILS
    assert found["proved"]


def test_solve_says_when_the_search_ended_early(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", slth.sample("normal", 30, 3, seed=SEED))
    np.save(tmp_path / "z.npy", [0.1, 0.2, 0.3])
    asked = ("--eps", "1e-9", "--solver", "differencing")
    code, found = told("solve", tmp_path / "X.npy", tmp_path / "z.npy", *asked)
    assert (code, found["status"]) == (Code.OPEN, "BUDGET")


def test_solve_reads_csv(tmp_path: Path) -> None:
    (tmp_path / "X.csv").write_text("3,1\n2,5\n4,4\n-1,2\n")
    (tmp_path / "z.csv").write_text("5\n6\n")
    asked = ("solve", tmp_path / "X.csv", tmp_path / "z.csv", "--solver", "enumeration")
    assert told(*asked)[1]["kept"] == [0, 1]


def test_solve_refuses_in_one_line(arrays: tuple[Path, Path], tmp_path: Path) -> None:
    X, z = arrays
    assert refused("solve", X, tmp_path / "none.npy").endswith(
        "none.npy: No such file or directory"
    )
    assert "z: got shape (4, 2)" in refused("solve", X, X)
    assert "eps: got -1" in refused("solve", X, z, "--eps", "-1")
    assert "did you mean mitm" in refused("solve", X, z, "--solver", "mitn")
    assert ".npy or .csv" in refused("solve", __file__, z)
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "X: got" in refused("solve", tmp_path / "objects.npy", z)
    (tmp_path / "broken.npy").write_bytes(b"no array")
    assert "X: got" in refused("solve", tmp_path / "broken.npy", z)
    for name in ("objects.npy", "broken.npy"):  # NumPy's words recommend to load what runs code
        assert "allow_pickle" not in refused("solve", tmp_path / name, z)
    assert refused("solve", X, tmp_path / "none.npy").startswith("z: ")
    (tmp_path / "empty.csv").write_text("")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert refused("solve", tmp_path / "empty.csv", z).startswith("X: got shape (0,)")
    for memory in ("nan", "inf", "0", "-1"):
        assert refused("solve", X, z, "--memory", memory).startswith("--memory: got")


def test_folder_of_what_is_written_is_made_before_the_search(
    arrays: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "new/folder/keep.npy"
    assert told("solve", *arrays, "--solver", "enumeration", "--out", out)[0] == Code.HOLDS
    assert np.load(out).tolist() == [True, True, False, False]
    (tmp_path / "folder.npy").mkdir()
    line = refused("solve", *arrays, "--solver", "enumeration", "--out", tmp_path / "folder.npy")
    assert "takes the name of a file" in line


def test_interrupted_search_tells_and_writes_its_best_subset(
    arrays: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = slth.solve(WHOLE, [5, 6], solver="enumeration")

    def interrupted(*_: object, **__: object) -> None:
        raise slth.InterruptedSearch(best)

    monkeypatch.setattr(sys.modules["slth.solvers"], "solve", interrupted)
    result = call("solve", *arrays, "--json", "--out", tmp_path / "keep.npy")
    assert result.exit_code == Code.INTERRUPTED == 130
    assert json.loads(result.stdout)["kept"] == [0, 1]
    assert result.stderr == "slth: interrupted\n"
    assert np.load(tmp_path / "keep.npy").tolist() == best.keep.tolist()


def test_reader_that_has_read_enough_is_no_wrong_input(arrays: tuple[Path, Path]) -> None:
    line = [sys.executable, "-m", "slth", "solve", *map(str, arrays), "--solver", "enumeration"]
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(line, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_brackets_of_what_may_be_left_out_are_single() -> None:
    assert not re.search(r"\[\[|\]\]", call("bracket", "--help").stdout)


def test_solve_names_the_memory_it_would_need(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", slth.sample("normal", 56, 2, seed=SEED))
    np.save(tmp_path / "z.npy", [0.1, 0.2])
    asked = ("--solver", "mitm", "--memory", "0.001")
    line = refused("solve", tmp_path / "X.npy", tmp_path / "z.npy", *asked, code=Code.MEMORY)
    assert "bytes" in line


def test_threshold_is_that_of_the_theory() -> None:
    code, found = told("threshold", "normal", "--d", 2, "--eps", 0.1)
    assert (code, found["n"]) == (0, slth.theory.threshold("normal", 2, 0.1))
    assert call("threshold", "normal", "--d", 2, "--eps", 0.1).stdout == f"{found['n']}\n"


def test_threshold_refuses_in_one_line() -> None:
    assert "did you mean normal" in refused("threshold", "norml", "--d", 2, "--eps", 0.1)
    assert "eps: got 0" in refused("threshold", "normal", "--d", 2, "--eps", 0)


@pytest.mark.parametrize("box", [None, "-1,1"])
def test_bracket_bounds_a_linear_pair_exactly(pair: tuple[Path, Path], box: str | None) -> None:
    asked = () if box is None else (f"--box={box}",)
    code, found = told("bracket", *pair, *asked)
    assert code == 0
    assert found["lower"] <= 0.25 <= found["upper"]
    assert found["upper"] - found["lower"] < 1e-6


def test_bracket_answers_a_question(pair: tuple[Path, Path]) -> None:
    for eps, code, verdict in ((0.3, Code.HOLDS, "HOLDS"), (0.2, Code.FAILS, "FAILS")):
        assert told("bracket", *pair, "--eps", eps)[1]["verdict"] == verdict
        assert call("bracket", *pair, "--eps", eps).exit_code == code


def test_bracket_takes_a_box_of_vnnlib(pair: tuple[Path, Path], tmp_path: Path) -> None:
    box = tmp_path / "box.vnnlib"
    lines = [f"(declare-const X_{i} Real)" for i in range(2)]
    lines += [f"(assert (>= X_{i} 0.0))\n(assert (<= X_{i} 0.5))" for i in range(2)]
    box.write_text("\n".join(lines))
    try:
        import slth.supnorm.vnnlib  # noqa: F401
    except ModuleNotFoundError:
        assert "give the box as --box lo,hi" in refused("bracket", *pair, box)
        return
    code, found = told("bracket", *pair, box)
    assert code == 0
    assert found["lower"] <= 0.125 <= found["upper"] < 0.1251


def test_bracket_refuses_in_one_line(pair: tuple[Path, Path], tmp_path: Path) -> None:
    f, g = pair
    assert "--box: got '1,-1'" in refused("bracket", f, g, "--box", "1,-1")
    assert "--box: got 'x'" in refused("bracket", f, g, "--box", "x")
    assert "--eps: got -1" in refused("bracket", f, g, "--eps=-1")
    assert "--input-shape: got '2,2'" in refused("bracket", f, g, "--input-shape", "2,2")
    assert "No such file" in refused("bracket", f, tmp_path / "none.onnx")
    torch.save(nn.Linear(2, 2), tmp_path / "net.pt")
    line = refused("bracket", f, tmp_path / "net.pt")
    assert "ends in .npz (a ticket), .onnx or .pt2" in line
    assert "loading them runs code" in line
    assert refused("bracket", f, g, "--boxes", -5).startswith("--boxes: got -5")
    assert "got shape (1, 2, 1), takes (2,)" in refused("bracket", f, g, "--input-shape", "1,2,1")
    (tmp_path / "broken.onnx").write_bytes(b"none")
    assert refused("bracket", f, tmp_path / "broken.onnx").startswith("g: ")
    for name in ("broken.onnx", "none.vnnlib"):
        assert refused("bracket", f, g, tmp_path / name).startswith("box: ")


def test_ticket_is_saved_and_measured(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out, images = tmp_path / "ticket.npz", tmp_path / "images.npy"
    np.save(images, np.random.default_rng(SEED).uniform(-1, 1, (20, 2)))
    asked = ("ticket", pair[0], "--n", 8, "--images", images, "--solver", "enumeration")
    code, found = told(*asked, "--out", out)
    ticket = slth.tickets.load(out)
    assert isinstance(ticket, slth.tickets.WholeTicket)
    assert code == 0
    assert found["parameters"] == ticket.parameters
    assert found["error"]["absolute"] == ticket.error(np.load(images)).absolute
    assert 0 <= found["agreement"]["low"] <= found["agreement"]["mean"] <= 1
    assert found["error"]["absolute"] <= found["error_bound"]
    missed = call(*asked, "--out", out, "--eps", 1e-9)
    assert missed.exit_code == Code.FAILS
    assert "problems missed eps" in missed.stdout


def test_bracket_takes_a_saved_ticket(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "ticket.npz"
    told("ticket", pair[0], "--n", 8, "--solver", "enumeration", "--out", out)
    code, found = told("bracket", pair[0], out)
    ticket = slth.tickets.load(out)
    assert isinstance(ticket, slth.tickets.WholeTicket)
    assert code == 0
    assert found["upper"] == ticket.bracket((-1, 1)).upper
    out.write_bytes(b"none")
    assert refused("bracket", pair[0], out).startswith("g: ")


def test_ticket_refuses_in_one_line(pair: tuple[Path, Path], tmp_path: Path) -> None:
    assert "--out: got" in refused("ticket", pair[0], "--out", tmp_path / "t.txt")
    wrong = ("ticket", pair[0], "--out", tmp_path / "t.npz", "--n", 0)
    assert "n: got 0" in refused(*wrong)
    for shape in ((2,), (0, 2), (4, 2, 2)):
        np.save(tmp_path / "images.npy", np.zeros(shape))
        line = refused(*wrong[:-2], "--images", tmp_path / "images.npy")
        assert line.startswith(f"--images: got shape {shape}")
    np.save(tmp_path / "images.npy", np.zeros((4, 3)))
    asked = ("--images", tmp_path / "images.npy", "--input-shape", 2)
    assert refused(*wrong[:-2], *asked).endswith("got shape (4, 3), takes (m, 2)")
    assert refused("ticket", tmp_path / "none.onnx", *wrong[2:4]).startswith("model: ")
    assert not (tmp_path / "t.npz").exists()


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one artifact and its manifest."""
    from slth.manifest import FORMAT
    from slth.provenance import config_hash

    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "table.tex").write_text("1 & 2")
    sums = {"table.tex": hashlib.sha256(b"1 & 2").hexdigest()}
    held = {"format": FORMAT, "config": config_hash({}), "settings": {}, "artifacts": sums}
    (tmp_path / "results/manifest.json").write_text(json.dumps(held))
    return tmp_path


def test_verify_names_what_differs(results: Path) -> None:
    assert told("verify") == (
        0,
        {"manifest": "results/manifest.json", "artifacts": 1, "faults": []},
    )
    (results / "table.tex").write_text("1 & 3")
    code, found = told("verify")
    assert code == Code.FAILS
    assert found["faults"][0].startswith("table.tex: ")
    assert call("verify").stdout.startswith("table.tex: ")


def test_verify_without_a_manifest_is_refused(tmp_path: Path) -> None:
    assert "call verify in its folder" in refused("verify", tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_text("{}")
    assert "not a manifest" in refused("verify", tmp_path / "manifest.json")


def test_run_runs_snakemake_in_the_folder(tmp_path: Path) -> None:
    rule = "rule all:\n    output: 'made.txt'\n    shell: 'echo {config[word]} > {output}'\n"
    (tmp_path / "Snakefile").write_text(rule)
    (tmp_path / "changes.yaml").write_text("word: hello\n")
    asked = ("run", tmp_path / "changes.yaml", "--folder", tmp_path, "--cores", 1)
    result = call(*asked, "--json")
    assert (result.exit_code, json.loads(result.stdout)["code"]) == (0, 0)
    assert (tmp_path / "made.txt").read_text() == "hello\n"


def test_run_refuses_in_one_line(tmp_path: Path) -> None:
    assert "has no Snakefile" in refused("run", "--folder", tmp_path)
    (tmp_path / "Snakefile").write_text("")
    assert "--cores: got '0'" in refused("run", "--folder", tmp_path, "--cores", 0)
    assert "No such file" in refused("run", tmp_path / "none.yaml", "--folder", tmp_path)


COMMANDS = ["solve", "threshold", "ticket", "bracket", "verify", "run", "warm-up"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_the_exit_codes_are(name: str) -> None:
    result = call(name, "--help")
    assert result.exit_code == 0
    assert re.search(r"[Ee]xit code", result.stdout)
    assert "--json" in result.stdout


def test_help_lists_every_command_and_code() -> None:
    result = call("--help")
    assert all(name in result.stdout for name in COMMANDS)
    assert all(f"{int(code)} " in result.stdout for code in Code)
    assert call("--version").stdout == f"slth {slth.__version__}\n"


def test_usage_errors_end_with_the_code_of_wrong_input() -> None:
    for wrong in (("solve",), ("solv", "x"), ("threshold", "nsn", "--d", "two", "--eps", "1")):
        result = call(*wrong)
        assert result.exit_code == Code.INPUT
        assert result.stdout == ""


def test_completion_is_offered() -> None:
    assert "--install-completion" in call("--help").stdout


def test_nothing_but_the_answer_is_printed_without_a_terminal(arrays: tuple[Path, Path]) -> None:
    result = call("solve", *arrays, "--solver", "enumeration")
    assert result.stderr == ""


def test_warm_up_makes_every_part(monkeypatch: pytest.MonkeyPatch) -> None:
    from slth.cli import warm_up
    from slth.solvers import SOLVERS

    assert {*SOLVERS, "bracket", "tickets", "solve_all"} == {*warm_up.parts(), "milp"}
    for name in warm_up.parts():
        assert warm_up.compile_part(name) >= 0
    monkeypatch.setattr(warm_up, "parts", lambda: ["enumeration", "solve_all"])
    code, found = told("warm-up", "--processes", 1)
    assert code == 0
    assert list(found["parts"]) == ["enumeration", "solve_all"]
    assert "--processes: got -1" in refused("warm-up", "--processes", -1)
