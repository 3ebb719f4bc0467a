"""What mkdocs does beside its settings: links, the changelog, examples of docstrings."""

import posixpath
import re
from pathlib import Path
from typing import Any

CHANGELOG = "changelog.md"  # a page that shows the file beside docs/
LINK = re.compile(r"\]\((\.\./[^)#\s]*)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: object) -> str:
    """Point links to files beside docs/ at the repository; those inside stay as they are.

    The page of the changelog is the file above docs/, its links into docs/ as from here.
    """
    if page.file.src_uri == CHANGELOG:
        source = Path(config["docs_dir"]).parent / "CHANGELOG.md"
        return source.read_text(encoding="utf-8").replace("](docs/", "](")
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def target(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, found[1]))
        if path.startswith("docs/"):
            return found[0]
        return f"]({config['repo_url'].rstrip('/')}/blob/main/{path}"

    return LINK.sub(target, markdown)


def on_config(config: Any) -> Any:
    """Let Markdown read ``>>>`` as an example, where it sees three quotations inside each other."""
    from markdown import Extension, Markdown
    from markdown.preprocessors import Preprocessor

    class Fences(Preprocessor):
        def run(self, lines: list[str]) -> list[str]:
            return fenced(lines)

    class Examples(Extension):
        def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
            md.preprocessors.register(Fences(md), "examples", 28)  # before fences, at 25

    config["markdown_extensions"].append(Examples())
    return config


def fenced(lines: list[str]) -> list[str]:
    """Put a fence around every example: from ``>>>`` to the next empty line."""
    made: list[str] = []
    code = example = False
    for line in [*lines, ""]:
        code ^= line.lstrip().startswith("```")
        if line.startswith(">>>") and not (code or example):
            made.append("```pycon")
            example = True
        elif example and not line.strip():
            made.append("```")
            example = False
        made.append(line)
    return made[:-1]
