"""The example of docs/networks.md runs and prints what it says."""

from pathlib import Path

DOCS = (Path(__file__).parents[2] / "docs/networks.md").read_text(encoding="utf-8")


def test_the_example_runs(capsys):
    code = DOCS.split("```python\n")[1].split("```")[0]
    exec(compile(code, "docs/networks.md", "exec"), {"__name__": "example"})
    first, *_, last = capsys.readouterr().out.splitlines()
    said = [line.split("  # ")[1] for line in code.splitlines() if line.startswith("print")]
    assert first.startswith(said[0].rstrip("…"))
    assert last == said[1]
