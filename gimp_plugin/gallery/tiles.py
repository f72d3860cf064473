"""The tiles of the gallery: own pictures first, then own presets, built-in ones, and broken ones last.

Titles are sorted as in the user's language.
"""

from __future__ import annotations

import locale
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import picks
from gimp_plugin.gallery.tile import Tile
from gimp_plugin.looks import categories, style_sources, thumbnails
from gimp_plugin.looks.categories import OWN
from gimp_plugin.looks.search_words import plain
from gimp_plugin.translation import _
from gimp_plugin.wording import in_sentences
from nst_core.shared.errors import BrokenPresetError
from nst_core.shared.presets import lookup
from nst_core.shared.presets.lookup import THUMBNAILS, Roots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gimp_plugin.libgtk import GdkPixbuf
    from gimp_plugin.picks import Pick
    from nst_core.shared.presets.lookup import Preset


def all_tiles(own: Iterable[Pick], toggle: Callable[[Pick], None], star: Callable[[Pick], None]) -> list[Tile]:
    """A tile for each of the user's `own` pictures and each preset.

    toggle: adds a style to the blend or removes it; star: the same for favourites.
    """
    listing = lookup.list_presets()
    shown = sorted(map(_preset, listing.presets), key=lambda tile: (tile.category != OWN, by_title(tile.title)))
    tiles = [*map(_picture, own), *shown]
    for tile in tiles:
        tile.add_buttons(toggle, star)
    return [*tiles, *_broken({preset.slug for preset in listing.presets})]


def by_title(title: str) -> tuple[str, str]:
    """The sort key, in which accents count last, also where the system's language is not that of GIMP."""
    return locale.strxfrm(plain(title)), title


def _picture(pick: Pick) -> Tile:
    if pick.kind == "file":
        path = Path(pick.key)
        words, about = _("Your picture"), _("Your picture, from {folder}").format(folder=path.parent)
        small = thumbnails.of_file(path)
        if small is None and picks.is_foreign(path):
            small = _square(f"{picks.FILE}{path}")
    else:
        words = about = _("Open in GIMP")
        small = _square(pick.key)
    return Tile(pick, pick.title, about, small, _search_words(words, OWN), OWN)


def _square(key: str) -> GdkPixbuf.Pixbuf | None:
    """The thumbnail of a style that GIMP reads."""
    whole = style_sources.thumbnail(key, thumbnails.STORED)
    return thumbnails.square(whole) if whole else None


def _preset(preset: Preset) -> Tile:
    description = _(preset.description) if preset.builtin and preset.description else preset.description
    about = "\n\n".join(filter(None, (description, preset.credits)))
    pick = picks.of_preset(preset)
    category = categories.of(pick, builtin=preset.builtin)
    words = _search_words(description, category)
    return Tile(pick, pick.title, about, thumbnails.of_file(preset.thumbnail), words, category)


def _search_words(text: str, category: str) -> str:
    return f"{text} {categories.TITLES[category]}"


def _broken(good: set[str]) -> Iterator[Tile]:
    for slug, folder in Roots().folders().items():
        if slug in good:
            continue
        try:
            lookup.read_preset(folder)
        except BrokenPresetError as error:
            hint = _("Press Delete, or the right mouse button, to delete it.")
            about = f"{in_sentences(error)} {hint}"
            tile = Tile(None, slug, about, thumbnails.of_file(folder / THUMBNAILS[0]))
            tile.show_broken(slug)
            yield tile
