"""The list of styles: name, title, description, size, and the function that paints it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from styles import (
    byzantine,
    charcoal,
    comic,
    cubist,
    glass,
    gouache,
    impasto,
    inkwash,
    knife,
    lilies,
    linocut,
    mosaic,
    neon,
    nouveau,
    pastel,
    pencil,
    points,
    portrait,
    riso,
    sumie,
    watercolour,
    woodcut,
)
from styles.sheet import Array, Sheet

WIDE, SQUARE = (1312, 1024), (1152, 1152)


@dataclass(frozen=True)
class Style:
    """slug: its folder; size: width and height in pixels; settings: where the defaults do not suit."""

    slug: str
    title: str
    description: str
    size: tuple[int, int]
    paint: Callable[[Sheet], Array]
    settings: Mapping[str, float | str] = field(default_factory=dict)


STYLES = (
    Style(
        "swirling-impasto",
        "Swirling impasto",
        "Thick oil in long curves, gold on night blue, every bristle standing up from the canvas.",
        WIDE,
        impasto.paint,
    ),
    Style(
        "ukiyo-e-woodcut",
        "Ukiyo-e woodcut",
        "Flat Prussian blues and cream with soft gradations, a dark tapering key line and the grain of the block.",
        WIDE,
        woodcut.paint,
    ),
    Style(
        "mosaic",
        "Mosaic",
        "Small stones set along the forms, sea blue, lemon and leaf green, light on their edges.",
        SQUARE,
        mosaic.paint,
        {"strength": 45.0},  # at 50 an animal can lose an eye
    ),
    Style(
        "pointillism",
        "Pointillism",
        "Sunlight divided into dots of pure colour that only the eye mixes.",
        WIDE,
        points.paint,
    ),
    Style(
        "watercolour",
        "Watercolour",
        "Transparent washes that pool at their edges and bloom, with the white of the paper left to shine.",
        WIDE,
        watercolour.paint,
    ),
    Style(
        "charcoal-hatching",
        "Charcoal",
        "Rubbed powder, the broad side of the stick over toothy paper, pressed blacks and light lifted with an eraser.",
        WIDE,
        charcoal.paint,
    ),
    Style(
        "stained-glass",
        "Stained glass",
        "Streaky, glowing panes held by dark lead, lit from behind.",
        SQUARE,
        glass.paint,
    ),
    Style(
        "cubist-shards",
        "Cubist shards",
        "Tilted planes of ochre, slate and brick, laid over one another, seen from many sides at once.",
        SQUARE,
        cubist.paint,
    ),
    Style(
        "palette-knife-autumn",
        "Palette knife, autumn",
        "Slabs of thick orange, crimson and violet paint pressed on with the flat of a knife.",
        SQUARE,
        knife.paint,
    ),
    Style(
        "pastel-dusk",
        "Pastel at dusk",
        "Soft chalk in violet, rose and gold, dragged over dark paper that shows between the strokes.",
        WIDE,
        pastel.paint,
    ),
    Style(
        "sumi-e-ink",
        "Sumi-e ink",
        "Black ink from full to nearly dry on raw paper: mist, bamboo and one red seal.",
        WIDE,
        sumie.paint,
    ),
    Style(
        "linocut",
        "Linocut",
        "Gouged lines printed in black over flat red, gold and teal.",
        SQUARE,
        linocut.paint,
    ),
    Style(
        "oil-portrait",
        "Oil portrait",
        "Warm skin out of brown shadow: thin blended darks and thick lights, as by candlelight.",
        SQUARE,
        portrait.paint,
    ),
    Style(
        "water-garden",
        "Water garden",
        "Broken touches of green, blue and rose that turn into light on water from a few steps away.",
        WIDE,
        lilies.paint,
    ),
    Style(
        "gouache",
        "Gouache",
        "Opaque, chalky shapes in sunny colours, their edges dragged with a dry brush.",
        WIDE,
        gouache.paint,
    ),
    Style(
        "pencil-sketch",
        "Pencil sketch",
        "Soft and hard graphite, hatched across the forms, on paper that shows between the strokes.",
        WIDE,
        pencil.paint,
    ),
    Style(
        "pen-and-ink-wash",
        "Pen and ink with wash",
        "Broken pen lines and quick hatching over washes of sepia and grey.",
        WIDE,
        inkwash.paint,
    ),
    Style(
        "risograph",
        "Risograph",
        "Pink, blue and yellow inks in coarse dots, a little out of register, with grain and pinholes.",
        WIDE,
        riso.paint,
    ),
    Style(
        "comic-ink",
        "Comic ink",
        "Bold brush outlines and spotted blacks over flat colours and printed dots.",
        WIDE,
        comic.paint,
    ),
    Style(
        "art-nouveau-poster",
        "Art nouveau poster",
        "Flat muted colours inside a swelling contour, with whiplash curves, lilies and a ring of ornament.",
        WIDE,
        nouveau.paint,
    ),
    Style(
        "byzantine-gold",
        "Byzantine gold",
        "Small stones of deep blue and red on glittering gold leaf.",
        SQUARE,
        byzantine.paint,
    ),
    Style(
        "night-neon",
        "Night neon",
        "A dark, wet city under signs of magenta, cyan and amber, and their light on the ground.",
        WIDE,
        neon.paint,
    ),
)
