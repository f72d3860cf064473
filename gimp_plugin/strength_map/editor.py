"""The strength map of an image while the window is open: the chosen region, the drawn map, and faces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.image import canvas, drawn_maps, level_maps, scratch
from gimp_plugin.image.drawn_maps import DRAWN, DrawnMap
from gimp_plugin.image.level_maps import LevelMap
from gimp_plugin.image.regions import EVERYWHERE, INVERTED, Regions
from gimp_plugin.image.types import Area
from gimp_plugin.libgimp import GdkPixbuf
from gimp_plugin.strength_map import face_shapes
from gimp_plugin.strength_map.drawing import Brush, BrushMode, Drawing
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.wire.messages import Pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.libgimp import Gimp
    from gimp_plugin.preview.viewport import Point, Size
    from nst_core.shared.wire.messages import Face

    OnFaces = Callable[[tuple[Face, ...]], None]

SIDE = 1024  # px: about the longer side of the layer in the map
FACES_SIDE = 1024  # px: longer side of the picture in which faces are detected


class MapEditor:
    """The chosen region is in `config`; drawing chooses the drawn map. Listeners are called for all visible changes."""

    def __init__(
        self,
        layer: Gimp.Layer | scratch.Visible,
        config: Gimp.ProcedureConfig,
        drawn: DrawnMap | None,
        find_faces: Callable[[Pixels, OnFaces], None],
        bounds: Callable[[], tuple[Size, Size]],
    ) -> None:
        """drawn: map that was drawn before in this image. find_faces: detects faces; calls back in the main loop.

        bounds: returns position and size of the layer in the image, px, with its effects if they are painted.
        """
        self.layer: Gimp.Layer | scratch.Visible = layer
        self._image = layer.get_image()
        self._config = config
        self._find_faces, self._bounds = find_faces, bounds
        self._requested = False
        self._faces: tuple[Face, ...] | None = None
        self._waiting: list[Callable[[], None]] = []
        self._showing: set[str] = set()
        self._listeners: list[tuple[Callable[[], None], bool]] = []
        self._cached: tuple[object, DrawnMap] | None = None
        self._base = drawn.base if drawn is not None else EVERYWHERE
        self.size = self._size()
        self._drawing: Drawing | None = None
        if drawn is not None:
            self._drawing = Drawing(self.size, self._levels(Regions(strength=DRAWN, drawn=drawn)))
        self.brush = Brush(0.1, 0.5, 1.0, BrushMode.LESS)  # its size in shares of the layer's longer side
        self.active = False
        config.connect(f"notify::{arguments.STRENGTH_MAP}", lambda *_args: self._notify())

    @property
    def drawn(self) -> DrawnMap | None:
        """The drawn map, whether it is chosen or not."""
        if self._drawing is None:
            return None
        wanted = (id(self._drawing), self._drawing.version, self._base)
        if self._cached is None or self._cached[0] != wanted:
            size = (self._image.get_width(), self._image.get_height())
            self._cached = wanted, DrawnMap(LevelMap(size, self.size, self._drawing.levels), self._base)
        return self._cached[1]

    @property
    def chosen(self) -> str:
        """Key of the chosen region."""
        return arguments.strength_region(self._config)

    @property
    def can_undo(self) -> bool:
        """Whether a stroke can be undone."""
        return self._drawing is not None and self._drawing.can_undo

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces to outline, px of the layer."""
        if not self._faces or not self._showing or not canvas.is_there(self.layer):
            return ()
        right, down = self._shift()
        return tuple(replace(face, x=face.x + right, y=face.y + down) for face in self._faces)

    @property
    def version(self) -> object:
        """A value that changes whenever the map does."""
        return self.chosen, self._drawing.version if self._drawing is not None else 0

    def show_layer(self, layer: Gimp.Layer | scratch.Visible) -> None:
        """Another layer, or what the image shows, is painted from now on. The map stays."""
        if layer is not self.layer:
            self.layer, self._faces, self._requested, self._waiting = layer, None, False, []
            self._notify()

    def activate(self, *, active: bool) -> None:
        """Switch the brush on or off."""
        self.active = active
        self._notify()

    def set_brush(self, brush: Brush) -> None:
        """Set the brush for the next stroke."""
        self.brush = brush
        self._notify()

    def add_listener(self, listener: Callable[[], None], *, strokes: bool = False) -> None:
        """Call `listener` after every visible change. strokes: also at each move of the brush."""
        self._listeners.append((listener, strokes))

    def chosen_levels(self) -> bytes:
        """The levels of the chosen map, at `size`."""
        if self.chosen == DRAWN and self._drawing is not None:
            return self._drawing.levels
        try:
            return self._levels(Regions.of([], self._image, self.chosen))
        except NeuralStyleError:  # the chosen channel or mask was deleted
            return b"\xff" * (self.size[0] * self.size[1])

    def map_position(self) -> tuple[Point, Point]:
        """Position of the map, px of the layer, and px of the layer per px of the map."""
        (left, top), _size = self._bounds()
        width, height = self._image.get_width(), self._image.get_height()
        return (-left, -top), (width / self.size[0], height / self.size[1])

    def begin(self, at: Point, pressure: float) -> None:
        """Begin a stroke. at: px of the layer."""
        drawing = self._drawing_on_chosen()
        (left, top), (wide, high) = self.map_position()
        brush = replace(self.brush, size=self.brush.size * max(self._bounds()[1]) / wide)
        drawing.begin(brush, ((at[0] - left) / wide, (at[1] - top) / high), pressure)
        self._notify()

    def go_on(self, at: Point, pressure: float) -> None:
        """Continue the stroke to this point."""
        if self._drawing is not None:
            (left, top), (wide, high) = self.map_position()
            self._drawing.go_on(((at[0] - left) / wide, (at[1] - top) / high), pressure)
            self._notify(moved=True)

    def end(self) -> None:
        """End the stroke, and apply it."""
        if self._drawing is not None:
            self._drawing.end()
            self._choose_drawn()

    def undo(self) -> None:
        """Undo the last stroke."""
        if self._drawing is not None and self._drawing.can_undo:
            self._drawing.undo()
            self._choose_drawn()

    def clear(self) -> None:
        """Clear the map: the strength counts everywhere."""
        self._drawing, self._base, self._cached = None, EVERYWHERE, None
        self._config.set_property(arguments.STRENGTH_MAP, EVERYWHERE)
        self._notify()

    def invert(self) -> None:
        """Invert the map."""
        drawing = self._drawing_on_chosen()
        drawing.replace(drawing.levels.translate(INVERTED))
        self._choose_drawn()

    def draw_faces(self, *, around: bool, on_done: Callable[[int], None]) -> None:
        """Make a map of the faces, or of everything around them. on_done: called with the number of faces."""

        def draw() -> None:
            faces = self._faces or ()
            if faces:
                levels = self._levels_of(faces)
                drawing = self._drawing_on_chosen()
                drawing.replace(levels.translate(INVERTED) if around else levels)
                self._choose_drawn()
            on_done(len(faces))

        self._with_faces(draw)

    def show_faces(self, why: str, *, shown: bool) -> None:
        """Show or hide outlines of faces for one reason; they are shown as long as there is any."""
        (self._showing.add if shown else self._showing.discard)(why)
        if shown:
            self._with_faces(self._notify)
        else:
            self._notify()

    def save(self) -> Gimp.Channel:
        """Save the chosen map as a new channel of the image. Raises NeuralStyleError."""
        size = (self._image.get_width(), self._image.get_height())
        return DrawnMap(LevelMap(size, self.size, self.chosen_levels())).save(self._image)

    def _size(self) -> Size:
        width, height = self._image.get_width(), self._image.get_height()
        layer = max(self.layer.get_width(), self.layer.get_height())
        longest = min(drawn_maps.MOST_SIDE, max(SIDE, SIDE * max(width, height) / layer))
        scale = min(1.0, longest / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    def _levels(self, regions: Regions) -> bytes:
        scale = self.size[0] / self._image.get_width()
        levels = regions.levels(self._image, Area(0, 0, *self.size, scale))
        return b"\xff" * (self.size[0] * self.size[1]) if levels is None else levels

    def _drawing_on_chosen(self) -> Drawing:
        """The drawing, with the chosen region as its base."""
        if self._drawing is None:
            self._drawing, self._base = Drawing(self.size, self.chosen_levels()), self.chosen
        elif self.chosen != DRAWN:
            self._drawing.rebase(self.chosen_levels())
            self._base = self.chosen
        return self._drawing

    def _choose_drawn(self) -> None:
        if self.chosen == DRAWN:
            self._config.notify(arguments.STRENGTH_MAP)  # the same key, but another map
        else:
            self._config.set_property(arguments.STRENGTH_MAP, DRAWN)

    def _with_faces(self, act: Callable[[], None]) -> None:
        """Call `act` when the faces have been detected."""
        if self._faces is not None:
            act()
            return
        self._waiting.append(act)
        if self._requested or not canvas.is_there(self.layer):
            return
        self._requested = True
        layer = self.layer
        width, height = layer.get_width(), layer.get_height()
        scale = min(1.0, FACES_SIDE / max(width, height))
        wide, high = max(1, round(width * scale)), max(1, round(height * scale))
        with scratch.rendered(layer, as_seen=False) as rendering:
            rgba = canvas.scaled(rendering.drawable, (wide, high), scale, canvas.FORMAT)
        self._find_faces(Pixels(wide, high, rgba), lambda found: self._found(layer, found, scale))

    def _found(self, layer: Gimp.Layer | scratch.Visible, faces: Sequence[Face], scale: float) -> None:
        if layer is not self.layer:
            return
        self._faces = tuple(
            replace(
                face,
                x=face.x / scale,
                y=face.y / scale,
                half_width=face.half_width / scale,
                half_height=face.half_height / scale,
            )
            for face in faces
        )
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act()

    def _shift(self) -> Point:
        """Offset from the layer without effects, in which faces are detected, to the layer with effects, px."""
        _ok, left, top = self.layer.get_offsets()
        (from_left, from_top), _size = self._bounds()
        return left - from_left, top - from_top

    def _levels_of(self, faces: Sequence[Face]) -> bytes:
        """The map of faces, which are in px of the layer without effects."""
        _ok, left, top = self.layer.get_offsets()
        there = [replace(face, x=face.x + left, y=face.y + top) for face in faces]
        image = (self._image.get_width(), self._image.get_height())
        width, height, levels = face_shapes.levels(there, image)
        small = level_maps.gray_pixbuf(levels, width, height)
        return level_maps.levels_of(small.scale_simple(*self.size, GdkPixbuf.InterpType.BILINEAR))

    def _notify(self, *, moved: bool = False) -> None:
        """Call the listeners. moved: only the brush has moved, so only those for strokes."""
        for listener, strokes in self._listeners:
            if strokes or not moved:
                listener()
