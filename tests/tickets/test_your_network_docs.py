"""The page that brings a network runs, and says what it says."""

import re
from pathlib import Path

from slth import tickets

PAGE = Path(__file__).parents[2] / "docs/your_network.md"


def test_the_page_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yours, ten = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
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
    assert (tmp_path / "ticket.npz").is_file()
