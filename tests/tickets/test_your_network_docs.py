"""The page that brings a network runs, and says what it says."""

import re
import warnings
from pathlib import Path

import pytest

from slth import tickets

PAGE = Path(__file__).parents[2] / "docs/your_network.md"


def test_the_page_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yours, ten, near, elsewhere = re.findall(
        r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(ten.strip().splitlines()) == 10
    held: dict = {}
    exec(compile(yours, "your_network.md", "exec"), held)
    exec(compile(ten, "your_network.md", "exec"), held)
    ticket = held["ticket"]
    assert isinstance(ticket, tickets.WholeTicket)
    assert ticket.error(held["x"]).absolute <= held["bound"] < 1
    assert ticket.agreement(held["x"]).mean == 1.0
    assert ticket.accuracy(held["x"], held["y"]) > 0.7
    proved = held["first"] - held["second"] > 2 * held["bound"]
    assert float(proved.double().mean()) > 0.9
    assert capsys.readouterr().out.rstrip().endswith("of these images")
    exec(compile(near, "your_network.md", "exec"), held)
    assert 0 < held["near"].lower <= held["near"].upper
    assert (tmp_path / "certified.png").is_file()
    pytest.importorskip("onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch.export
        exec(compile(elsewhere, "your_network.md", "exec"), held)
    files = ("ticket.npz", "ticket.pt", "ticket.pt2", "ticket.onnx")
    assert all((tmp_path / name).is_file() for name in files)
