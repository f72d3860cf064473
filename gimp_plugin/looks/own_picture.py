"""What is painted, reduced, in each style for the gallery's tiles; results are kept while the window is open."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import picks
from gimp_plugin.image import canvas, layer_styles, scratch
from gimp_plugin.looks import thumbnails
from gimp_plugin.preview import pictures
from nst_core.shared.presets import lookup
from nst_core.shared.settings import MIN_SIDE, all_settings, from_mapping, to_mapping
from nst_core.shared.wire.messages import Pixels, StylePixels, Stylize

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from gimp_plugin.libgimp import Gimp
    from gimp_plugin.libgtk import GdkPixbuf
    from gimp_plugin.picks import Pick
    from nst_core.shared.settings import Value

SIDE = 128  # px, longer side: small enough for a sketch without delay
STYLE = 256  # px: largest edge of a style picture for it
OF_TILES = {"seed": 0, "quality": "normal", "texture": False, "seamless": False, "seconds": 0.0}


class OwnPicture:
    """A layer for the tiles. settings: returns the current ones, used for styles that are not presets."""

    def __init__(self, layer: Gimp.Layer | scratch.Visible, settings: Callable[[], Mapping[str, Value]]) -> None:
        self._layer: Gimp.Layer | scratch.Visible = layer
        self._current_settings = settings
        self._gray = False
        self._requested: Hashable = None
        self._contents: dict[int, Pixels] = {}
        self._paintings: dict[Hashable, tuple[GdkPixbuf.Pixbuf, GdkPixbuf.Pixbuf] | None] = {}

    @property
    def aspect(self) -> float:
        """The layer's width for a height of 1."""
        return float(self._layer.get_width() / self._layer.get_height()) if self._layer.is_valid() else 1.0

    def set_layer(self, layer: Gimp.Layer | scratch.Visible, *, gray: bool) -> bool:
        """Paint another layer, or what the image shows, from now on. gray: whether paintings are gray.

        Returns whether anything has changed.
        """
        if layer is self._layer and gray == self._gray:
            return False
        self._layer, self._gray = layer, gray
        return True

    def request(self, pick: Pick) -> Stylize:
        """The request for a tile. Raises NeuralStyleError for a layer or a style that cannot be read."""
        self._requested = self._key(pick)
        number = self._layer.get_id()
        if number not in self._contents:
            self._contents[number] = _small(self._layer)
        return Stylize(self._contents[number], _styles(pick), self._settings(pick), sketch=True)

    def painting(self, pick: Pick) -> GdkPixbuf.Pixbuf | None:
        """The layer painted in this style; None if it is not painted yet, or cannot be."""
        found = self._paintings.get(self._key(pick))
        return found and found[self._gray]

    def is_missing(self, pick: Pick) -> bool:
        """Whether the tile is still to be painted: it was neither painted, nor did that fail."""
        return self._key(pick) not in self._paintings

    def store(self, painted: Pixels | None) -> None:
        """Store what was requested last, painted; None: it cannot be painted in that style."""
        both = None
        if painted is not None:
            both = pictures.pixbuf(painted), pictures.pixbuf(pictures.in_gray(painted))
        self._paintings[self._requested] = both

    def _key(self, pick: Pick) -> Hashable:
        return (self._layer.get_id(), pick.kind, pick.key, *sorted(self._settings(pick).items()))

    def _settings(self, pick: Pick) -> dict[str, Value]:
        """The settings of a preset; for other styles the current ones."""
        current = self._current_settings()
        machine = {
            setting.name: current.get(setting.name, setting.default)
            for setting in all_settings()
            if setting.info.scope == "machine"
        }
        look = picks.Picks((pick,)).preset_settings() if pick.kind == "preset" else current
        return to_mapping(from_mapping({**look, **machine, **OF_TILES}))


def _small(layer: Gimp.Layer | scratch.Visible) -> Pixels:
    """The layer as seen, reduced. Raises LayerGoneError."""
    canvas.image_of(layer)
    with scratch.rendered(layer, as_seen=True) as rendering:
        width, height = rendering.drawable.get_width(), rendering.drawable.get_height()
        scale = min(1.0, max(SIDE / max(width, height), MIN_SIDE / min(width, height)))
        size = max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale))
        return Pixels(*size, canvas.scaled(rendering.drawable, size, scale, canvas.FORMAT))


def _styles(pick: Pick) -> tuple[StylePixels, ...]:
    read = partial(layer_styles.read, edge=STYLE)
    if pick.kind == "layer":
        return (StylePixels(read(pick.key)),)
    if pick.kind == "file":
        return (StylePixels(_of_file(Path(pick.key), read)),)
    return tuple(StylePixels(_of_file(one.path, read), one.weight) for one in lookup.load_preset(pick.key).styles)


def _of_file(path: Path, read: Callable[[str], Pixels]) -> Pixels:
    """A style file, reduced. GdkPixbuf decodes JPEG at a reduced size; GIMP opens files that GdkPixbuf cannot."""
    small = thumbnails.whole(path, STYLE)
    return read(f"{picks.FILE}{path}") if small is None else pictures.pixels(small)
