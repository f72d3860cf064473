"""A batch: its files, their order, the names of the results, and which of them are done already."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nst_core.batch.records import Records, key
from nst_core.imaging.files.decoding import DecodedImage
from nst_core.imaging.files.file_kinds import BY_SUFFIX, refusal
from nst_core.imaging.files.image_files import WRITABLE
from nst_core.painting.job import Job
from nst_core.shared.errors import InvalidImageError, NeuralStyleError, UnwritableOutputError


@dataclass(frozen=True)
class Report:
    """The result for one picture. `kept`: it was done already. `left`: the batch was stopped before it.

    notes: for the user, on how the picture was read.
    """

    item: Item
    state: Literal["painted", "kept", "failed", "left"]
    error: NeuralStyleError | None = None
    metrics: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """The pictures of a batch and how to make each.

    facts: everything that determines a result, except its picture. make: reads a picture, and in a sequence the one
    before it, and returns its file's content and the job. overwrite: paint everything again. backend: as in the
    settings; if it is named, pictures that another one painted are painted again.
    """

    items: Sequence[Item]
    folder: Path
    facts: Mapping[str, Any]
    make: Callable[[Item, Item | None], tuple[DecodedImage, Job]]
    sequence: bool = False
    overwrite: bool = False
    backend: str = "auto"

    def due(self, item: Item, before: Item | None) -> str | None:
        """The key of the result, None if it is done. Raises UnwritableOutputError for a file that no batch made."""
        facts = dict(self.facts) | ({"page": item.page} if item.page else {})
        wanted = key(facts, item.source, *((before.source, before.output) if before else ()))
        state = Records(self.folder).state(item.output, wanted, self.backend)
        if state == "foreign" and not self.overwrite:
            raise UnwritableOutputError(
                f"{item.output} exists and was not made by a batch, or was changed since",
                "move it, choose another folder, or use --overwrite",
            )
        return None if state == "same" and not self.overwrite else wanted

    def outlook(self) -> Iterator[Report]:
        """What painting would do: `left` stands for pictures that would be painted."""
        before: Item | None = None
        for item in self.items:
            try:
                wanted = self.due(item, before)
            except NeuralStyleError as error:
                yield Report(item, "failed", error)
                continue
            yield Report(item, "kept" if wanted is None else "left")
            if self.sequence:
                # A result that is still to be painted has no digest; the source's makes the next frame due as well.
                before = item if wanted is None else Item(item.source, item.source, item.page)


PICTURES = {
    *WRITABLE,
    *(".jpe", ".jfif", ".jif", ".apng", ".bmp", ".dib", ".gif", ".ppm", ".pgm", ".pbm", ".pnm"),
    *(".tga", ".jp2", ".j2k", ".jpx", ".avif"),
}
"""Suffixes of pictures in folders and patterns, besides those that the extra `files` adds. A file that is named by
itself is always taken."""

MOVING = {".gif", ".webp", ".png", ".apng", ".avif"}
"""Suffixes of files that may hold the frames of a film."""

THUMBNAILS = {
    *("@eadir", "#recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found", "__macosx"),
    *("thumbnails", "_thumbnails", "thumbs", "ipod photo cache", "lightroom previews.lrdata"),
}
"""Names of folders, in lower case, in which NAS systems and photo managers store thumbnails and deleted files."""

_MANAGED = (".lrdata", ".photoslibrary", ".aplibrary", ".photolibrary", ".cocatalog")

_HIDDEN = ".", "@", "SYNOPHOTO_THUMB", "SYNOFILE_THUMB"

SEVERAL_NAMES = "{stem}-{number:0{digits}}{suffix}"


@dataclass(frozen=True)
class Item:
    """A picture to paint, and where to. page: which of its file's, from 1; None: the first."""

    source: Path
    output: Path
    page: int | None = None


@dataclass(frozen=True)
class Passed:
    """A file that looks like a picture, and why it is not painted."""

    source: Path
    why: str


def items(
    inputs: Sequence[str], folder: Path, suffix: str | None = None, count: Callable[[Path], int] | None = None
) -> list[Item]:
    """The pictures in files, folders and patterns, in natural order, each once.

    Results keep the names of the pictures, with their subfolders. suffix (with its dot) replaces theirs; without it,
    PNG replaces a suffix that cannot be written. count: returns the number of frames in a file, each of which is
    painted by itself; None: only the first frame counts.
    Raises InvalidImageError for an input that does not exist or holds no picture, UnwritableOutputError if two results
    would have the same name or a source would be overwritten.
    """
    found: dict[Path, Path] = {}
    for given in inputs:
        named = dict(_named(given, folder))
        if not named:
            out = passed_over([given], folder)
            more = f"; {out[0].source.name}: {out[0].why}" if out else ""
            raise InvalidImageError(f"there is no picture in {given}{more}", "check the name, or name a file by itself")
        for source, name in named.items():
            found.setdefault(source, name)
    taken: dict[str, Path] = {}
    made = []
    for source in sorted(found, key=natural):
        for item in _frames(source, folder / _renamed(found[source], suffix), count):
            other = taken.setdefault(str(item.output).casefold(), source)
            if other != source:
                remedy = "rename one, or write them into two folders"
                raise UnwritableOutputError(f"{other} and {source} would both become {item.output}", remedy)
            made.append(item)
    _require_apart(made)
    return made


def passed_over(inputs: Sequence[str], folder: Path) -> list[Passed]:
    """Files in the input folders that look like pictures by their names, and are not painted."""
    found: dict[Path, Passed] = {}
    for given in inputs:
        path = Path(given)
        if not path.is_dir():
            continue
        for file in _below(path, folder):
            suffix = file.suffix.lower()
            kind = BY_SUFFIX.get(suffix)
            if kind is None or kind.readable:
                continue
            found[file] = Passed(file, str(refusal(kind, f"a {suffix} file")).rstrip("."))
    return sorted(found.values(), key=lambda passed: natural(passed.source))


def _frames(source: Path, output: Path, count: Callable[[Path], int] | None) -> Iterator[Item]:
    frames = count(source) if count and source.suffix.lower() in MOVING else 1
    if frames < 2:
        yield Item(source, output)
        return
    still = ".png" if output.suffix.lower() in MOVING else output.suffix
    for number in range(1, frames + 1):
        digits = max(4, len(str(frames)))
        name = SEVERAL_NAMES.format(stem=output.stem, number=number, digits=digits, suffix=still)
        yield Item(source, output.with_name(name), number)


def natural(path: Path) -> list[tuple[int, str]]:
    """A sort key that puts frame 2 before frame 10."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), part) if part.isdecimal() else (-1, part.casefold()) for part in parts]


def _named(given: str, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each file behind one input, resolved, with the name it has there."""
    path = Path(given)
    if path.is_dir():
        for file in _pictures(_below(path, folder)):
            yield file.resolve(), file.relative_to(path)
    elif path.is_file():
        yield path.resolve(), Path(path.name)
    elif glob.has_magic(given):
        found = glob.iglob(given, recursive=True)  # noqa: PTH207 - a Path globs below a known folder only
        for file in _pictures(map(Path, found)):
            yield file.resolve(), Path(file.name)
    else:
        raise InvalidImageError(f"{given} does not exist", "check the name")


def _below(path: Path, folder: Path) -> Iterator[Path]:
    """The files in a folder, without hidden ones, those of THUMBNAILS, and results."""
    ours = folder.resolve()
    for file in path.rglob("*"):
        parts = file.relative_to(path).parts
        hidden = any(part.startswith(_HIDDEN) or part.casefold() in THUMBNAILS for part in parts)
        managed = any(part.casefold().endswith(_MANAGED) for part in parts[:-1])
        if not hidden and not managed and file.is_file() and not file.resolve().is_relative_to(ours):
            yield file


def _pictures(files: Iterable[Path]) -> Iterator[Path]:
    return (file for file in files if _is_picture(file.suffix.lower()) and file.is_file())


def _is_picture(suffix: str) -> bool:
    return suffix in PICTURES or (suffix in BY_SUFFIX and BY_SUFFIX[suffix].readable)


def _renamed(name: Path, suffix: str | None) -> Path:
    if suffix:
        return name.with_suffix(suffix)
    return name if name.suffix.lower() in WRITABLE else name.with_suffix(".png")


def _require_apart(made: Sequence[Item]) -> None:
    sources = {item.source for item in made}
    for item in made:
        if item.output.resolve() in sources:
            raise UnwritableOutputError(f"{item.output} would be painted over", "choose another folder for --out")
