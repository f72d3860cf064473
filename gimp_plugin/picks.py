"""The chosen styles: presets, picture files, layers, each with its weight in the blend.

Immutable values: every operation returns new picks. Without GIMP and GTK.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gimp_plugin.translation import _
from nst_core.shared.errors import InvalidImageError, InvalidSettingError, NeuralStyleError
from nst_core.shared.presets import lookup
from nst_core.shared.wire.messages import MAX_STYLE_FILE, MAX_STYLES, Pixels, StyleFile, StylePixels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nst_core.shared.presets.lookup import Preset, Roots
    from nst_core.shared.settings import Value

FILE = "file "  # prefix of the host's key of a file
FOREIGN = (
    *(b"gimp xcf", b"8BPS", b"\xff\x0a", b"\0\0\0\x0cJXL ", b"v/1\x01", b"#?RADIANCE", b"<svg", b"<?xml", b"%PDF"),
    *(b"DDS ", b"\0\0\1\0"),
)
"""First bytes of pictures that GIMP may read and the engine cannot; HEIC and OpenRaster have theirs further on."""
HEICS = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1")
OPEN_RASTER = b"image/openraster"
Kind = Literal["preset", "file", "layer"]


@dataclass(frozen=True)
class Pick:
    """One chosen style. key: a preset's slug, a file's path, or the host's key of a layer. weight: in [0, 1].

    region: the host's key of the region where it counts; empty: everywhere.
    """

    kind: Kind
    key: str
    title: str
    weight: float = 1.0
    region: str = ""

    @property
    def name(self) -> str:
        """A unique name of the style."""
        return f"{self.kind} {self.key}"

    @property
    def plain_title(self) -> str:
        """The title, of a file without its suffix."""
        return Path(self.title).stem if self.kind == "file" else self.title

    def same(self, other: Pick) -> bool:
        """Whether both are the same style; weights and regions do not matter."""
        return (self.kind, self.key) == (other.kind, other.key)


@dataclass(frozen=True)
class Picks:
    """The chosen styles, in the order of their choice; empty only before the first choice."""

    entries: tuple[Pick, ...] = ()

    @property
    def title(self) -> str:
        """The title for a painting in these styles: that of a single preset, otherwise a general word."""
        only = self._only_preset()
        return only.title if only else _("stylized")

    def choose(self, pick: Pick) -> Picks:
        """Picks with this style only."""
        return Picks((dataclasses.replace(pick, weight=1.0, region=""),))

    def toggle(self, pick: Pick) -> Picks:
        """Picks with this style added, or removed if it is there. At least one stays, at most MAX_STYLES."""
        if self.holds(pick):
            return self.without(pick)
        new = dataclasses.replace(pick, weight=self._average_weight)
        return Picks((*self.entries, new)) if len(self.entries) < MAX_STYLES else self

    def select(self, wanted: Iterable[Pick]) -> Picks:
        """Picks with exactly these styles; those that stay keep their position and weight.

        A new style gets the average weight of those before. Returns unchanged picks if `wanted` is empty.
        """
        rest = list(wanted)
        kept = [entry for entry in self.entries if any(entry.same(pick) for pick in rest)]
        new = [dataclasses.replace(pick, weight=self._average_weight) for pick in rest if not self.holds(pick)]
        entries = (*kept, *new)[:MAX_STYLES]
        if len(entries) == 1:
            return self.choose(entries[0])
        return Picks(entries) if entries else self

    def without(self, pick: Pick) -> Picks:
        """Picks without this style, unless it is the last one. A single remaining style gets the weight 1."""
        rest = tuple(entry for entry in self.entries if not entry.same(pick))
        if len(rest) == 1:
            return self.choose(rest[0])
        return Picks(rest) if rest else self

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of each style in the blend; the sum is 1. All are equal if all weights are 0."""
        whole = sum(entry.weight for entry in self.entries)
        return tuple(entry.weight / whole if whole else 1 / len(self.entries) for entry in self.entries)

    def with_share(self, pick: Pick, share: float) -> Picks:
        """Picks with another share for this style, clipped to [0, 1]; the others keep their proportions."""
        share = min(max(0.0, share), 1.0)
        others = [0.0 if entry.same(pick) else part for entry, part in zip(self.entries, self.shares, strict=True)]
        if not sum(others):
            others = [0.0 if entry.same(pick) else 1.0 for entry in self.entries]
        scale = (1.0 - share) / max(sum(others), 1.0e-9)
        weights = [
            share if entry.same(pick) else scale * part for entry, part in zip(self.entries, others, strict=True)
        ]
        pairs = zip(self.entries, weights, strict=True)
        return Picks(tuple(dataclasses.replace(entry, weight=weight) for entry, weight in pairs))

    def with_region(self, pick: Pick, region: str) -> Picks:
        """Picks with another region for this style."""
        return Picks(
            tuple(dataclasses.replace(entry, region=region) if entry.same(pick) else entry for entry in self.entries)
        )

    def holds(self, pick: Pick) -> bool:
        """Whether this style is chosen."""
        return any(entry.same(pick) for entry in self.entries)

    def preset_settings(self, roots: Roots | None = None) -> dict[str, Value]:
        """The settings of the preset, if exactly one style is chosen and it is a valid preset."""
        only = self._only_preset()
        try:
            return dict(lookup.load_preset(only.key, roots).settings) if only else {}
        except NeuralStyleError:  # `styles` raises it
            return {}

    def styles(
        self, read_layer: Callable[[str], Pixels], roots: Roots | None = None
    ) -> tuple[StyleFile | StylePixels, ...]:
        """The styles for a request.

        Raises UnknownPresetError, BrokenPresetError, InvalidImageError, InvalidSettingError, and as `read_layer`.
        """
        return tuple(_style(source, read_layer) for source in self._picked_styles(roots))

    def regions(self, roots: Roots | None = None) -> tuple[str, ...]:
        """The region of each of `styles`. Raises the same, except errors of layers."""
        return tuple(source.region for source in self._picked_styles(roots))

    def layers(self, roots: Roots | None = None) -> tuple[str, ...]:
        """The host's key of each of `styles` that the host reads; empty for others. Raises as `regions`."""
        return tuple(source.host_key for source in self._picked_styles(roots))

    @property
    def names(self) -> list[str]:
        """A unique name of each style."""
        return [entry.name for entry in self.entries]

    def without_missing_regions(self, available: Iterable[str]) -> Picks:
        """Picks in which styles whose region is not available count everywhere."""
        there = set(available)
        return self.with_regions(entry.region if entry.region in there else "" for entry in self.entries)

    def with_regions(self, regions: Iterable[str]) -> Picks:
        """Picks with these regions, one for each style."""
        pairs = zip(self.entries, regions, strict=True)
        return Picks(tuple(dataclasses.replace(entry, region=region) for entry, region in pairs))

    def pictures(
        self, encode_layer: Callable[[str], bytes], roots: Roots | None = None
    ) -> tuple[tuple[str, bytes, float], ...]:
        """The styles as picture files for a preset: name, content (PNG for a layer) and weight. Raises as `styles`."""
        return tuple(
            ((source.path.stem if source.path else _("Layer")) + ".png", encode_layer(source.host_key), source.weight)
            if source.path is None or source.host_key
            else (source.path.name, read_picture(source.path), source.weight)
            for source in self._picked_styles(roots)
        )

    def to_json(self) -> list[dict[str, Any]]:
        """As JSON, without layers, whose ids are valid in one session only."""
        return [dataclasses.asdict(entry) for entry in self.entries if entry.kind != "layer"]

    @classmethod
    def from_json(cls, data: object, roots: Roots | None = None) -> Picks:
        """From `to_json`, without styles that do not exist any more; empty picks for anything else."""
        picks = cls()
        for entry in data if isinstance(data, list) else []:
            pick = _from_json(entry, roots)
            if pick is not None and not picks.holds(pick) and len(picks.entries) < MAX_STYLES:
                picks = cls((*picks.entries, pick))
        return picks.choose(picks.entries[0]) if len(picks.entries) == 1 else picks

    @property
    def _average_weight(self) -> float:
        """The average weight."""
        return sum(entry.weight for entry in self.entries) / len(self.entries) if self.entries else 1.0

    def _only_preset(self) -> Pick | None:
        only = self.entries[0] if len(self.entries) == 1 else None
        return only if only is not None and only.kind == "preset" else None

    def _picked_styles(self, roots: Roots | None) -> list[_PickedStyle]:
        counting = [entry for entry in self.entries if entry.weight > 0]
        if not counting:
            raise InvalidSettingError(_("no style has any weight"), _("choose a style, or give one some weight"))
        sources = [source for entry in counting for source in _pictures_of(entry, roots, alone=len(counting) == 1)]
        if len(sources) > MAX_STYLES:
            raise InvalidSettingError(
                _("the blend holds {count} pictures").format(count=len(sources)),
                _("take styles away until it holds {limit} at most").format(limit=MAX_STYLES),
            )
        return sources


@dataclass(frozen=True)
class _PickedStyle:
    """One picture of a blend. path: None for a layer."""

    key: str
    path: Path | None
    weight: float
    region: str

    @property
    def host_key(self) -> str:
        """The host's key, if the host reads the picture; otherwise empty."""
        if self.path is None:
            return self.key
        return f"{FILE}{self.path}" if is_foreign(self.path) else ""


def of_preset(preset: Preset) -> Pick:
    """The pick of a preset."""
    return Pick("preset", preset.slug, _(preset.title) if preset.builtin else preset.title)


def of_file(path: Path) -> Pick:
    """The pick of a picture file."""
    return Pick("file", str(path), path.name)


def first_picture(pick: Pick) -> Path:
    """The first picture of a preset, or the picture file. Raises UnknownPresetError, BrokenPresetError."""
    return Path(pick.key) if pick.kind == "file" else lookup.load_preset(pick.key).styles[0].path


def read_picture(path: Path) -> bytes:
    """The bytes of a picture file, cached as long as the file does not change: every preview needs them.

    Raises InvalidImageError if it is unreadable, empty or too large.
    """
    return _read_picture(path, _state(path))


def _state(path: Path) -> tuple[int, int]:
    """Modification time and size of a file; zeros if it does not exist."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # reading it raises the error
        return 0, 0
    return found.st_mtime_ns, found.st_size


@functools.lru_cache(maxsize=MAX_STYLES)
def _read_picture(path: Path, _state: tuple[int, int]) -> bytes:
    name = repr(path.name)
    try:
        with path.open("rb") as file:
            encoded = file.read(MAX_STYLE_FILE + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = _("the style picture {name} cannot be read ({reason})").format(name=name, reason=reason)
        raise InvalidImageError(message, _("choose another file")) from error
    if not encoded:
        raise InvalidImageError(_("the style picture {name} is empty").format(name=name), _("choose another file"))
    if len(encoded) > MAX_STYLE_FILE:
        size = MAX_STYLE_FILE // 2**20
        message = _("the style picture {name} is larger than {size} MiB").format(name=name, size=size)
        raise InvalidImageError(message, _("scale it down"))
    return encoded


def is_foreign(path: Path) -> bool:
    """Whether a file begins like a picture that the engine cannot read, so that the host must read it."""
    return _is_foreign(path, _state(path))


@functools.lru_cache(maxsize=4 * MAX_STYLES)
def _is_foreign(path: Path, _state: tuple[int, int]) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False
    return head.startswith(FOREIGN) or head[4:12] in HEICS or OPEN_RASTER in head


def _style(source: _PickedStyle, read_layer: Callable[[str], Pixels]) -> StyleFile | StylePixels:
    if source.path is None:
        return StylePixels(read_layer(source.key), source.weight)
    if source.host_key:
        with contextlib.suppress(InvalidImageError):  # the engine will report it
            return StylePixels(read_layer(source.host_key), source.weight)
    return StyleFile(read_picture(source.path), source.weight, source.path.name)


def _pictures_of(pick: Pick, roots: Roots | None, *, alone: bool) -> Iterator[_PickedStyle]:
    if pick.kind != "preset":
        yield _PickedStyle(pick.key, Path(pick.key) if pick.kind == "file" else None, pick.weight, pick.region)
        return
    styles = lookup.load_preset(pick.key, roots).styles
    # In a blend a preset counts as one style, whatever the number and weights of its pictures.
    whole = 1.0 if alone else sum(style.weight for style in styles)
    for style in styles:
        yield _PickedStyle(pick.key, style.path, pick.weight * style.weight / whole, pick.region)


def _from_json(entry: object, roots: Roots | None) -> Pick | None:
    match entry:
        case {"kind": "preset", "key": str(slug), "weight": int() | float() as weight}:
            try:
                pick = of_preset(lookup.load_preset(slug, roots))
            except NeuralStyleError:
                return None
        case {"kind": "file", "key": str(path), "weight": int() | float() as weight} if is_file(path):
            pick = of_file(Path(path))
        case _:
            return None
    region = entry.get("region") if isinstance(entry, dict) else ""
    weight = float(min(max(0, weight), 1))
    return dataclasses.replace(pick, weight=weight, region=region if isinstance(region, str) else "")


def is_file(path: str) -> bool:
    """Whether there is a file at this path, which may be any text."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # too long, or not a path
        return False
