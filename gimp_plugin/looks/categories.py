"""Categories of styles for the gallery's filter. Plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.translation import _

if TYPE_CHECKING:
    from gimp_plugin.picks import Pick

ALL, FAVOURITES, RECENT, OWN = "all", "favourites", "recent", "own"
PAINTING, DRAWING, PRINT, GLASS = "painting", "drawing", "print", "glass"

TITLES = {
    ALL: _("All styles"),
    FAVOURITES: _("Favourites"),
    RECENT: _("Recently used"),
    PAINTING: _("Painting"),
    DRAWING: _("Drawing"),
    PRINT: _("Print"),
    GLASS: _("Glass and stone"),
    OWN: _("Own"),
}
"""Labels of the categories, in the order of the filter."""

OF_BUILT_IN = {
    "art-nouveau-poster": PRINT,
    "byzantine-gold": GLASS,
    "charcoal-hatching": DRAWING,
    "comic-ink": PRINT,
    "cubist-shards": PAINTING,
    "gouache": PAINTING,
    "linocut": PRINT,
    "mosaic": GLASS,
    "night-neon": GLASS,
    "oil-portrait": PAINTING,
    "palette-knife-autumn": PAINTING,
    "pastel-dusk": DRAWING,
    "pen-and-ink-wash": DRAWING,
    "pencil-sketch": DRAWING,
    "pointillism": PAINTING,
    "risograph": PRINT,
    "stained-glass": GLASS,
    "sumi-e-ink": DRAWING,
    "swirling-impasto": PAINTING,
    "ukiyo-e-woodcut": PRINT,
    "water-garden": PAINTING,
    "watercolour": PAINTING,
}


def of(pick: Pick, *, builtin: bool) -> str:
    """The category of a style; styles that are not built in have a category of their own."""
    return OF_BUILT_IN.get(pick.key, PAINTING) if builtin and pick.kind == "preset" else OWN
