"""The HTML report in headless Chromium: every figure and table, with captions, no script error."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflow.conftest import Checkout

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=90000",
    "--dump-dom",
]
# collects script errors, opens every category as a reader would, and loads every picture
PROBE = """
<script>
const faults = [];
window.addEventListener("error", (e) => faults.push(String(e.message)));
window.addEventListener("unhandledrejection", (e) => faults.push(String(e.reason)));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const loads = (uri) => new Promise((done) => {
  const image = new Image();
  image.onload = () => done(image.naturalWidth);
  image.onerror = () => done(0);
  image.src = uri;
});
window.addEventListener("load", async () => {
  await pause(500);
  const app = document.getElementById("app"), pages = {}, pictures = {}, sections = {};
  const follow = async (link, name) => {
    if (link) link.click(); else faults.push(`no link to ${name}`);
    await pause(500);
  };
  const called = (name) =>
    [...app.querySelectorAll("a")].find((a) => a.textContent.trim() === name.trim());
  for (const [name, parts] of Object.entries(categories)) {
    pages[name] = "";
    const many = Object.keys(parts).length > 1;
    for (const part of Object.keys(parts)) {
      await follow(called(name), name);
      if (many) {
        sections[name] = [...app.querySelectorAll("ul a")].map((a) => a.textContent.trim());
        await follow(called(part), part);
      }
      pages[name] += app.innerText;
      await follow(app.querySelector("nav ol a"), "the menu");
    }
  }
  for (const [path, entry] of Object.entries(results)) {
    if (entry.mime_type.startsWith("image/")) pictures[path] = await loads(entry.data_uri);
  }
  const captions = Object.fromEntries(Object.entries(results).map(([k, v]) => [k, v.caption]));
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify({ faults, pages, sections, pictures, captions });
  document.body.append(out);
});
</script>
"""


@pytest.fixture(scope="session")
def opened(chain: Checkout, tmp_path_factory: pytest.TempPathFactory) -> dict:
    if BROWSER is None:
        pytest.skip("no Chromium on this machine: install one (Debian: apt-get install chromium)")
    chain.run("--cores", "1", "--report", "report.html")
    page = chain.folder / "report.html"
    return look_at(page.read_text(encoding="utf-8"), tmp_path_factory.mktemp("browser"))


def look_at(text: str, folder: Path) -> dict:
    """Open a report with the probe in it; return what the probe saw, and the console's errors."""
    assert BROWSER is not None
    page = folder / "probed.html"
    page.write_text(text.replace("<head>", "<head>" + PROBE, 1), encoding="utf-8")
    done = subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", page.as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    seen = json.loads(html.unescape(found[1]))
    seen["console"] = [
        line for line in done.stderr.splitlines() if "ERROR:CONSOLE" in line or "Uncaught" in line
    ]
    return seen


def test_no_script_error(opened: dict) -> None:
    assert opened["faults"] == []
    assert opened["console"] == []


def test_every_figure_and_table_is_there_with_a_caption(opened: dict, chain: Checkout) -> None:
    folder = chain.folder
    figures = [
        p.relative_to(folder).as_posix() for p in (folder / "results/render/figures").iterdir()
    ]
    tables = [
        p.relative_to(folder).as_posix() for p in (folder / "results/render/tables").iterdir()
    ]
    expected = {*figures, *tables, "paper/main.pdf"}
    assert set(opened["captions"]) == expected
    assert all(
        len(re.sub("<[^>]*>", "", caption).split()) >= 5 for caption in opened["captions"].values()
    )
    assert all(opened["pictures"][path] > 100 for path in figures)
    for category, paths in (("Figures", figures), ("Tables", tables)):
        for path in paths:
            assert Path(path).stem in opened["pages"][category]


def test_sections_are_in_the_order_of_the_paper(opened: dict) -> None:
    for category in ("Figures", "Tables"):
        numbers = [title.split()[0] for title in opened["sections"][category] if " " in title]
        assert len(numbers) > 1
        assert numbers == sorted(numbers, key=lambda n: (n.isalpha(), n.zfill(2)))


def test_a_broken_script_is_noticed(opened: dict, chain: Checkout, tmp_path: Path) -> None:
    text = (chain.folder / "report.html").read_text(encoding="utf-8")
    broken = text.replace("<body>", "<body><script>absent.call()</script>", 1)
    assert look_at(broken, tmp_path)["faults"]
