"""The gallery's saved state: favourites, styles used last, and the form of the tiles."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin.looks import categories
from gimp_plugin.picks import Pick, is_file, of_file
from nst_core.shared.atomic_files import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "neural-style-gallery.json"
MOST_RECENT = 24  # styles
MOST_FAVOURITES = 500
SMALLEST, USUAL, LARGEST = 64, 96, 192  # px: a tile's picture


@dataclass(frozen=True)
class GalleryState:
    """What is saved. favourites, recent: names of styles, the latest first.

    mine: whether tiles show the layer. size: of tiles, px.
    """

    favourites: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    category: str = categories.ALL
    mine: bool = False
    size: int = USUAL

    def starred(self, pick: Pick) -> bool:
        """Whether this is a favourite."""
        return pick.name in self.favourites

    def toggled(self, pick: Pick) -> GalleryState:
        """A state with this style added to the favourites, or removed from them."""
        own = pick.name
        if own in self.favourites:
            return replace(self, favourites=tuple(one for one in self.favourites if one != own))
        return replace(self, favourites=(own, *self.favourites)[:MOST_FAVOURITES])

    def used(self, picks: Iterable[Pick]) -> GalleryState:
        """A state after these styles were used. Layers are left out: their ids are valid in one session only."""
        new = [pick.name for pick in picks if pick.kind != "layer"]
        return replace(self, recent=tuple(dict.fromkeys([*new, *self.recent]))[:MOST_RECENT])

    def without(self, pick: Pick) -> GalleryState:
        """A state without this style."""
        own = pick.name
        favourites = tuple(one for one in self.favourites if one != own)
        return replace(self, favourites=favourites, recent=tuple(one for one in self.recent if one != own))

    @property
    def files(self) -> list[Pick]:
        """The picture files that were used last, and those among the favourites, if they still exist."""
        names = dict.fromkeys([*self.recent, *self.favourites])
        paths = [one.removeprefix("file ") for one in names if one.startswith("file ")]
        return [of_file(Path(path)) for path in paths if is_file(path)]


def recall(profile: Path) -> GalleryState:
    """The saved state, as far as it can be read. Never raises."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        data = json.loads((profile / FILE).read_text("utf-8"))
        if isinstance(data, dict):
            category, size = data.get("category"), data.get("size")
            return GalleryState(
                favourites=_names(data.get("favourites"), MOST_FAVOURITES),
                recent=_names(data.get("recent"), MOST_RECENT),
                category=category if category in categories.TITLES else categories.ALL,
                mine=data.get("mine") is True,
                size=size if isinstance(size, int) and SMALLEST <= size <= LARGEST else USUAL,
            )
    return GalleryState()


def remember(profile: Path, state: GalleryState) -> None:
    """Save the state. Errors are ignored."""
    with contextlib.suppress(OSError):
        replace_file(profile / FILE, (json.dumps(asdict(state), indent=1) + "\n").encode())


def _names(data: object, most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in data if isinstance(one, str)))[:most] if isinstance(data, list) else ()
