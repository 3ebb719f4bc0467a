"""What mkdocs does beside its settings: links out of docs/ become links to the repository."""

import posixpath
import re
from typing import Any

LINK = re.compile(r"\]\((\.\./[^)#\s]*)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: object) -> str:
    """Point links to files beside docs/ at the repository; those inside stay as they are."""
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def target(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, found[1]))
        if path.startswith("docs/"):
            return found[0]
        return f"]({config['repo_url'].rstrip('/')}/blob/main/{path}"

    return LINK.sub(target, markdown)
