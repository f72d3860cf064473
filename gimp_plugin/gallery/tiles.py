"""The tiles of the gallery: the artist's pictures in front, then the presets by their titles, the broken ones last."""

from __future__ import annotations

import locale
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin.gallery import picks, style_sources, thumbnails
from gimp_plugin.gallery.tile import Tile
from gimp_plugin.translation import _
from gimp_plugin.wording import of_error
from nst_core.shared.errors import BrokenPresetError
from nst_core.shared.presets import lookup
from nst_core.shared.presets.lookup import THUMBNAILS, Roots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gimp_plugin.gallery.picks import Pick
    from nst_core.shared.presets.lookup import Preset


def all_tiles(own: Iterable[Pick], toggle: Callable[[Pick], None]) -> list[Tile]:
    """A tile for each of the artist's `own` pictures and each preset. `toggle` adds one to the blend."""
    listing = lookup.list_presets()
    shown = sorted(map(_preset, listing.presets), key=lambda tile: locale.strxfrm(tile.title.casefold()))
    tiles = [*map(_picture, own), *shown]
    for tile in tiles:
        tile.offer_blending(toggle)
    return [*tiles, *_broken({preset.slug for preset in listing.presets})]


def _picture(pick: Pick) -> Tile:
    if pick.kind == "file":
        path = Path(pick.key)
        about = _("Your picture, from {folder}").format(folder=path.parent)
        small = thumbnails.of_file(path)
        if small is None and picks.is_foreign(path):
            whole = style_sources.thumbnail(f"{picks.FILE}{path}", thumbnails.STORED)
            small = thumbnails.square(whole) if whole else None
        return Tile(pick, pick.title, about, small, _("Your picture"))
    whole = style_sources.thumbnail(pick.key, thumbnails.STORED)
    return Tile(pick, pick.title, _("Open in GIMP"), thumbnails.square(whole) if whole else None)


def _preset(preset: Preset) -> Tile:
    description = _(preset.description) if preset.builtin and preset.description else preset.description
    about = "\n\n".join(filter(None, (description, preset.credits)))
    pick = picks.of_preset(preset)
    return Tile(pick, pick.title, about, thumbnails.of_file(preset.thumbnail), description)


def _broken(good: set[str]) -> Iterator[Tile]:
    for slug, folder in Roots().folders().items():
        if slug in good:
            continue
        try:
            lookup.read_preset(folder)
        except BrokenPresetError as error:
            hint = _("Press Delete, or the right mouse button, to delete it.")
            about = " ".join(filter(None, (*of_error(error), hint)))
            tile = Tile(None, slug, about, thumbnails.of_file(folder / THUMBNAILS[0]))
            tile.warn(slug)
            yield tile
