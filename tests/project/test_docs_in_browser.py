"""The site of the documentation: every link and picture leads somewhere, no page has an error."""

import functools
import html.parser
import http.server
import importlib.util
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("index.html", "your_network/index.html", "reference/slth/index.html")  # opened


class Page(html.parser.HTMLParser):
    """What a page refers to, and the anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.targets.append(value)
            if name in ("id", "name") and value:
                self.anchors.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed: `make docs` installs it")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def dead(site: Path, pages: dict[Path, Page]) -> list[str]:
    """Links and pictures within the site that lead nowhere."""
    found = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or target.startswith("/"):
                continue
            place = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = place / "index.html" if place.is_dir() else place
            anchor = place in pages and parts.fragment and parts.fragment.lstrip("_")
            if not place.is_file() or (anchor and parts.fragment not in pages[place].anchors):
                found.append(f"{path.relative_to(site)}: {target}")
    return found


def read(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


def test_every_link_and_picture_of_the_site_is_there(site: Path) -> None:
    pages = {path: page for path, page in read(site).items() if path.name != "404.html"}
    assert len(pages) > 20
    assert sum(len(page.targets) for page in pages.values()) > 1000
    assert dead(site, pages) == []


def test_examples_of_docstrings_are_shown_as_code(site: Path) -> None:
    for name in ("slth", "networks", "tickets", "supnorm", "learned", "theory", "plot"):
        page = (site / "reference" / name / "index.html").read_text("utf-8")
        assert '<span class="gp">&gt;' in page  # a prompt
        assert "<blockquote>" not in page


def test_a_dead_link_is_noticed(site: Path) -> None:
    pages = read(site)
    page = site / "index.html"
    pages[page].targets += ["nowhere/", "solvers/#no-such-heading"]
    assert {line.split(": ")[1] for line in dead(site, {**pages}) if "index.html" in line} >= {
        "nowhere/",
        "solvers/#no-such-heading",
    }


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The site, served on the loopback interface: a browser runs no search over file://."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", PAGES)
def test_a_browser_opens_the_page_without_an_error(address: str, name: str, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    options += ["--enable-logging=stderr", "--virtual-time-budget=4000", "--dump-dom"]
    done = subprocess.run(
        [browser, *options, f"{address}/{name}"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "</html>" in done.stdout
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert [line for line in said if "rror" in line] == []
