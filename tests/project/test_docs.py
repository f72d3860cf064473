"""The documents, held against the program: links, error codes, controls and commands are the real ones."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import pytest
from PIL import Image

from docs import guide_page
from nst_core.cli.command import main
from nst_core.shared import errors
from nst_core.shared.settings import Setting, all_settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"),
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))),
)
GUIDE = "docs/guide.md"
LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
PROGRAM = re.compile(r"(?:[~.\w/-]*/)?neural-style(?![\w./-])")
OPENINGS = re.compile(r"(`+)(.+?)\1", re.DOTALL)
MOST_BYTES, MOST_BYTES_TOGETHER = 160_000, 2_000_000  # of the guide's own pictures: a clone shall stay small


@dataclass(frozen=True)
class Command:
    """A command line of ours. words: those after the program's name; whole: whether nothing is left out of it."""

    words: tuple[str, ...]
    whole: bool = True


@cache
def text(document: str) -> str:
    return (ROOT / document).read_text("utf-8")


def every_document() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]


def prose(document: str) -> str:
    """The document without blocks of code, in which brackets are no links."""
    fenced = re.sub(r"^ *```.*?^ *```", "", text(document), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^ {4,}.*$", "", fenced, flags=re.MULTILINE)


def anchors(document: str) -> set[str]:
    """What a link can name after a #, made of the headings as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def section(heading: str) -> str:
    """What stands under a heading of the guide, as far as the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text(GUIDE), re.DOTALL | re.MULTILINE)
    assert found, f"the guide has no heading {heading!r}"
    return found[1].strip()


def codes() -> set[str]:
    """Every code that an error can have."""
    return {cls.code for cls in vars(errors).values() if isinstance(cls, type) and hasattr(cls, "code")}


def command_lines(document: str) -> list[Command]:
    """What the document tells a reader to type: indented and fenced lines, and code within sentences."""
    whole = re.sub(r"(?m)^ *```\w*$", "", text(document))
    indented = re.findall(r"(?m)^ {4,}(.+)$", whole)
    within = [" ".join(code.split()) for _ticks, code in OPENINGS.findall(prose(document))]
    found = []
    for line in [*indented, *within]:
        start = PROGRAM.match(line)
        if start:
            found.append(command(line[start.end() :]))
    return found


def command(line: str) -> Command:
    """What a shell would make of it, without its comments. Three dots say that something was left out."""
    words = shlex.split(line, comments=True)
    kept = tuple(word for word in words if word != "…")
    return Command(kept, whole=len(kept) == len(words))


def refusal(line: Command) -> str:
    """Why the program would not understand the command line; nothing where it does."""
    said: click.Command = main
    words = list(line.words)
    while words and isinstance(said, click.Group) and not words[0].startswith("-"):
        found = said.get_command(click.Context(said), words[0])
        if found is None:
            return f"there is no command {words[0]!r}"
        said, words = found, words[1:]
    if not words:  # in a sentence, where it is only named
        return ""
    try:
        said.make_context(said.name, words)
    except click.exceptions.Exit:  # after --help
        return ""
    except click.MissingParameter as error:
        return error.format_message() if line.whole else ""
    except click.ClickException as error:
        return error.format_message()
    return ""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_images_lead_somewhere(document: str) -> None:
    """To a file that is there, and to a heading in it where one is named."""
    missing = []
    for link in LINK.finditer(prose(document)):
        place, _, anchor = link["target"].partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        path = (ROOT / document).parent / place if place else ROOT / document
        if not path.exists() or (anchor and anchor not in anchors(path.resolve().relative_to(ROOT).as_posix())):
            missing.append(link["target"])
    assert missing == []


def test_images_have_words_for_those_who_cannot_see_them() -> None:
    """Each image says what is to be seen."""
    for document in DOCUMENTS:
        silent = re.findall(r"!\[\s*\]\(\S+\)", prose(document))
        assert silent == [], document


def test_the_troubleshooting_table_has_every_error_code() -> None:
    """And none that does not exist, each once, with what it means beside it."""
    rows = re.findall(r"^\| `([\w-]+)` \|([^|]+)\|([^|]+)\|$", section("Troubleshooting"), re.MULTILINE)
    assert sorted(code for code, *_ in rows) == sorted(codes())
    for code, says, means in rows:
        assert says.strip(), code
        assert means.strip().endswith("."), code


def test_the_page_that_comes_with_the_plug_in_has_all_of_the_guide() -> None:
    """Its headings in their order, each of which can be led to, and no link that leads nowhere."""
    page = guide_page.PAGE.read_text("utf-8")
    headings = re.compile(r'<h[123] id="([^"]+)"')
    assert headings.findall(page) == headings.findall(guide_page.page()), "run `python -m docs.guide_page`"
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))
    assert not re.search(r'(href|src)="(?!#)', page)


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_every_control_is_described_under_its_label(setting: Setting) -> None:
    """Its choices too, by the words that stand in the window."""
    described = " ".join(section(setting.info.label).split())
    assert described
    for option in setting.info.options:
        assert f"**{option.label}**" in described


def test_every_picture_of_the_guide_is_shown_and_small() -> None:
    """What is painted for it is in it, and all of it together is soon loaded."""
    images = ROOT / "docs" / "images"
    pictures = sorted([*images.glob("guide-*"), *images.glob("dialog-*.webp")])
    shown = {link["target"] for link in LINK.finditer(prose(GUIDE))}
    assert pictures
    assert {f"images/{path.name}" for path in images.glob("*-*")} <= shown | {"images/before-after.jpg"}
    for path in pictures:
        assert path.stat().st_size <= MOST_BYTES, path.name
        with Image.open(path) as picture:
            picture.verify()
    assert sum(path.stat().st_size for path in pictures) <= MOST_BYTES_TOGETHER


def test_every_screenshot_is_one_that_the_command_takes() -> None:
    """None is left of a window that is no more, and none is missing."""
    artist = (ROOT / "tests" / "gimp" / "inside" / "artists" / "screenshots.py").read_text("utf-8")
    taken = set(re.findall(r'shoot\("([^"]+)"\)', artist))
    assert {path.stem for path in (ROOT / "docs" / "images").glob("dialog-*")} == taken


def test_tests_that_documents_name_exist() -> None:
    """SECURITY.md, the decisions and others name the tests of what they say."""
    named = {name for file in every_document() for name in re.findall(r"\btest_\w+", file.read_text("utf-8"))}
    files = list((ROOT / "tests").rglob("test_*.py"))
    tests = {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)}
    assert named
    assert named - tests - {file.stem for file in files} == set()


def test_lines_of_documents_are_short() -> None:
    """At most 120 characters, rows of tables and pictures apart, so that changes can be compared."""
    lines = [(file.name, line) for file in every_document() for line in file.read_text("utf-8").splitlines()]
    assert [one for one in lines if len(one[1]) > 120 and not one[1].startswith(("|", "!["))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_in_the_documents_are_understood(document: str) -> None:
    """The program has every command and option that a reader is told to type."""
    wrong = {" ".join(line.words): said for line in command_lines(document) if (said := refusal(line))}
    assert wrong == {}


def test_command_lines_are_found() -> None:
    """In blocks and within sentences: a search that finds nothing would agree with everything."""
    assert len([line for document in DOCUMENTS for line in command_lines(document)]) > 30
    assert {"stylize", "batch", "presets"} <= {line.words[0] for line in command_lines("README.md") if line.words}


@pytest.mark.parametrize(
    "line", ["stylise photo.jpg", "stylize photo.jpg --styl a.png -o b.png", "stylize photo.jpg", "presets keep a"]
)
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    """Misspelt, with an option there is not, or without what it needs."""
    assert refusal(command(line))
