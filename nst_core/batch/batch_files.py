"""The files of a batch: which pictures are painted, in which order, and the names of their results."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_core.imaging.files import decoding
from nst_core.imaging.files.file_kinds import BY_SUFFIX, refusal
from nst_core.imaging.files.image_files import WRITABLE
from nst_core.shared.errors import InvalidImageError, UnwritableOutputError

PICTURES = {
    *WRITABLE,
    *(".jpe", ".jfif", ".jif", ".apng", ".bmp", ".dib", ".gif", ".ppm", ".pgm", ".pbm", ".pnm"),
    *(".tga", ".jp2", ".j2k", ".jpx", ".avif"),
}
"""Suffixes of pictures in folders and patterns, besides those that the extra `files` adds. A file that is named by
itself is always taken."""

MOVING = {".gif", ".webp", ".png", ".apng", ".avif"}
"""Suffixes of files that may hold the frames of a film."""

THUMBNAIL_FOLDERS = {
    *("@eadir", "#recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found", "__macosx"),
    *("thumbnails", "_thumbnails", "thumbs", "ipod photo cache"),
}
"""Names of folders, in lower case, in which NAS systems and photo managers store thumbnails and deleted files."""

LIBRARY_SUFFIXES = (".lrdata", ".photoslibrary", ".aplibrary", ".photolibrary", ".cocatalog")
"""Suffixes of folders, in lower case, that belong to photo managers."""

HIDDEN_PREFIXES = (".", "@", "SYNOPHOTO_THUMB", "SYNOFILE_THUMB")


@dataclass(frozen=True)
class Item:
    """A picture to paint, and where to. page: which of its file's, from 1; None: the first."""

    source: Path
    output: Path
    page: int | None = None


def items(inputs: Sequence[str], folder: Path, suffix: str | None = None, *, frames: bool = False) -> list[Item]:
    """The pictures in files, folders and patterns, in natural order, each once.

    Results keep the names of the pictures, with their subfolders. suffix (with its dot) replaces theirs; without it,
    PNG replaces a suffix that cannot be written. frames: paint every frame of a file, not the first only.
    Raises InvalidImageError for an input that does not exist or holds no picture, UnwritableOutputError if two results
    would have the same name or a source would be overwritten.
    """
    found: dict[Path, Path] = {}
    for text in inputs:
        matching = dict(_matching_files(text, folder))
        if not matching:
            passed = next(iter(passed_over([text], folder).items()), None)
            more = f"; {passed[0].name}: {passed[1]}" if passed else ""
            raise InvalidImageError(f"there is no picture in {text}{more}", "check the name, or name a file by itself")
        for source, name in matching.items():
            found.setdefault(source, name)
    sources_by_output: dict[str, Path] = {}
    result: list[Item] = []
    for source in sorted(found, key=natural_key):
        output = folder / _renamed(found[source], suffix)
        for item in _frames(source, output) if frames else [Item(source, output)]:
            other = sources_by_output.setdefault(str(item.output).casefold(), source)
            if other != source:
                remedy = "rename one, or write them into two folders"
                raise UnwritableOutputError(f"{other} and {source} would both become {item.output}", remedy)
            result.append(item)
    _refuse_overwritten_sources(result)
    return result


def passed_over(inputs: Sequence[str], folder: Path) -> dict[Path, str]:
    """Files in the input folders that look like pictures by their names, and why they are not painted."""
    found: dict[Path, str] = {}
    for path in map(Path, inputs):
        for file in _files_below(path, folder) if path.is_dir() else ():
            suffix = file.suffix.lower()
            kind = BY_SUFFIX.get(suffix)
            if kind and not kind.readable:
                found[file] = str(refusal(kind, f"a {suffix} file")).rstrip(".")
    return {file: found[file] for file in sorted(found, key=natural_key)}


def _frames(source: Path, output: Path) -> Iterator[Item]:
    """One item for each frame of a file."""
    count = decoding.count(source) if source.suffix.lower() in MOVING else 1
    if count < 2:
        yield Item(source, output)
        return
    suffix = ".png" if output.suffix.lower() in MOVING else output.suffix
    digits = max(4, len(str(count)))
    for number in range(1, count + 1):
        yield Item(source, output.with_name(f"{output.stem}-{number:0{digits}}{suffix}"), number)


def natural_key(path: Path) -> list[tuple[int, str]]:
    """A sort key that puts frame 2 before frame 10."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), part) if part.isdecimal() else (-1, part.casefold()) for part in parts]


def _matching_files(text: str, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each file behind one input, resolved, with the name it has there."""
    path = Path(text)
    if path.is_dir():
        for file in _pictures(_files_below(path, folder)):
            yield file.resolve(), file.relative_to(path)
    elif path.is_file():
        yield path.resolve(), Path(path.name)
    elif glob.has_magic(text):
        found = glob.iglob(text, recursive=True)  # noqa: PTH207 - a Path globs below a known folder only
        for file in _pictures(map(Path, found)):
            yield file.resolve(), Path(file.name)
    else:
        raise InvalidImageError(f"{text} does not exist", "check the name")


def _files_below(path: Path, folder: Path) -> Iterator[Path]:
    """The files below a folder, without hidden ones, those of photo managers, and the results in `folder`."""
    results = folder.resolve()
    for file in path.rglob("*"):
        parts = file.relative_to(path).parts
        hidden = any(part.startswith(HIDDEN_PREFIXES) or part.casefold() in THUMBNAIL_FOLDERS for part in parts)
        managed = any(part.casefold().endswith(LIBRARY_SUFFIXES) for part in parts[:-1])
        if not hidden and not managed and file.is_file() and not file.resolve().is_relative_to(results):
            yield file


def _pictures(files: Iterable[Path]) -> Iterator[Path]:
    return (file for file in files if _is_picture(file.suffix.lower()) and file.is_file())


def _is_picture(suffix: str) -> bool:
    return suffix in PICTURES or (suffix in BY_SUFFIX and BY_SUFFIX[suffix].readable)


def _renamed(name: Path, suffix: str | None) -> Path:
    if suffix:
        return name.with_suffix(suffix)
    return name if name.suffix.lower() in WRITABLE else name.with_suffix(".png")


def _refuse_overwritten_sources(pictures: Sequence[Item]) -> None:
    sources = {item.source for item in pictures}
    for item in pictures:
        if item.output.resolve() in sources:
            raise UnwritableOutputError(f"{item.output} would be painted over", "choose another folder for --out")
