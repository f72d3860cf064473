"""Makes the HTML guide for the Help button of the plug-in: python -m docs.guide_page.

Without pictures, which would make the plug-in four times as large, and without links to other documents.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from markdown_it import MarkdownIt

HERE = Path(__file__).resolve().parent
GUIDE = HERE / "guide.md"
PAGE = HERE.parent / "gimp_plugin" / "help" / "guide.html"
HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Neural Style for GIMP: Guide</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.55 sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; }
td, th { border: 1px solid; padding: .3rem .6rem; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid; }
</style>
</head>
<body>
"""
TAIL = "</body>\n</html>\n"


def page() -> str:
    """The whole page."""
    html: str = MarkdownIt("commonmark").enable("table").render(GUIDE.read_text("utf-8"))
    html = re.sub(r"<p><img [^>]*></p>\n", "", html)
    html = re.sub(r'<a href="(?!#)[^"]*">(.*?)</a>', r"\1", html, flags=re.DOTALL)
    html = re.sub(r"<h(\d)>(.*?)</h\1>", _anchored, html)
    return HEAD + html + TAIL


def _anchored(heading: re.Match[str]) -> str:
    words = re.sub(r"<[^>]+>", "", unescape(heading[2]))
    anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
    return f'<h{heading[1]} id="{anchor}">{heading[2]}</h{heading[1]}>'


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
