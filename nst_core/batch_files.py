"""Which files a batch paints, in which order, and under which names. Looks at names alone."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_core.errors import InvalidImageError, UnwritableOutputError
from nst_core.images import WRITABLE

PICTURES = {*WRITABLE, ".bmp", ".gif", ".ppm", ".tga", ".jp2", ".avif"}
"""What counts as a picture in a folder and in a pattern; a file named by itself is always taken."""


@dataclass(frozen=True)
class Item:
    """A picture to paint, and where to."""

    source: Path
    output: Path


def items(inputs: Sequence[str], folder: Path, suffix: str | None = None) -> list[Item]:
    """What is behind files, folders and patterns, in natural order, each once.

    Names are kept, below a folder with their subfolders; suffix (with its dot) replaces theirs, and PNG one that cannot
    be written. Raises InvalidImageError for an input that is nowhere or empty, UnwritableOutputError where two
    pictures would have one name or a picture would be painted over.
    """
    found: dict[Path, Path] = {}
    for given in inputs:
        named = dict(_named(given, folder))
        if not named:
            raise InvalidImageError(f"there is no picture in {given}", "check the name")
        for source, name in named.items():
            found.setdefault(source, name)
    taken: dict[str, Path] = {}
    made = []
    for source in sorted(found, key=natural):
        output = folder / _renamed(found[source], suffix)
        other = taken.setdefault(str(output).casefold(), source)
        if other != source:
            remedy = "rename one, or write them into two folders"
            raise UnwritableOutputError(f"{other} and {source} would both become {output}", remedy)
        made.append(Item(source, output))
    _require_apart(made)
    return made


def natural(path: Path) -> list[tuple[int, str]]:
    """A key that puts frame 2 in front of frame 10."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), part) if part.isdecimal() else (-1, part.casefold()) for part in parts]


def _named(given: str, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each file behind one input, resolved, with the name it has there."""
    path = Path(given)
    if path.is_dir():
        ours = folder.resolve()
        for file in _pictures(path.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if not hidden and not file.resolve().is_relative_to(ours):
                yield file.resolve(), file.relative_to(path)
    elif path.is_file():
        yield path.resolve(), Path(path.name)
    elif glob.has_magic(given):
        found = glob.iglob(given, recursive=True)  # noqa: PTH207 - a Path globs below a known folder only
        for file in _pictures(map(Path, found)):
            yield file.resolve(), Path(file.name)
    else:
        raise InvalidImageError(f"{given} does not exist", "check the name")


def _pictures(files: Iterable[Path]) -> Iterator[Path]:
    return (file for file in files if file.suffix.lower() in PICTURES and file.is_file())


def _renamed(name: Path, suffix: str | None) -> Path:
    if suffix:
        return name.with_suffix(suffix)
    return name if name.suffix.lower() in WRITABLE else name.with_suffix(".png")


def _require_apart(made: Sequence[Item]) -> None:
    sources = {item.source for item in made}
    for item in made:
        if item.output.resolve() in sources:
            raise UnwritableOutputError(f"{item.output} would be painted over", "choose another folder for --out")
