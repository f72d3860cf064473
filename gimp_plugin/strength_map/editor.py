"""The strength map of an image while the window is open: what is chosen, what was drawn, and where faces are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.image import canvas, drawn_maps, regions, selections
from gimp_plugin.image.drawn_maps import DRAWN, DrawnMap
from gimp_plugin.image.selections import Selection
from gimp_plugin.image.types import Area
from gimp_plugin.libgimp import GdkPixbuf
from gimp_plugin.strength_map import face_shapes
from gimp_plugin.strength_map.drawing import Brush, Drawing, Way
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.wire.messages import Pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gimp_plugin.libgimp import Gimp
    from nst_core.shared.wire.messages import Face

    Hear = Callable[[tuple[Face, ...]], None]

SIDE = 1024  # px: the longer side of a map, of which a layer shall have about as many
FACES_SIDE = 1024  # px: of the picture in which faces are sought
INVERTED = bytes(range(255, -1, -1))

Point = tuple[float, float]
Size = tuple[int, int]


class MapEditor:
    """What is chosen stands in `config`; drawing chooses the drawn map. `on_change` hears of all that is to be seen."""

    def __init__(
        self,
        layer: Gimp.Layer,
        config: Gimp.ProcedureConfig,
        drawn: DrawnMap | None,
        find_faces: Callable[[Pixels, Hear], None],
        lies: Callable[[], tuple[Size, Size]],
    ) -> None:
        """drawn: what was drawn before in this image. find_faces: asks the engine, and tells in the main loop.

        lies: where the layer lies in the image, with its effects if they are painted: its corner and its size, px.
        """
        self.layer, self._image = layer, layer.get_image()
        self._config = config
        self._find_faces, self._lies = find_faces, lies
        self._asked = False
        self._faces: tuple[Face, ...] | None = None
        self._waiting: list[Callable[[], None]] = []
        self._showing: set[str] = set()
        self._listeners: list[tuple[Callable[[], None], bool]] = []
        self._kept: tuple[object, DrawnMap] | None = None
        self._base = drawn.base if drawn is not None else regions.EVERYWHERE
        self.size = self._size()
        self._drawing: Drawing | None = None
        if drawn is not None:
            self._drawing = Drawing(self.size, self._levels(regions.Regions(strength=DRAWN, drawn=drawn)))
        self.brush = Brush(0.1, 0.5, 1.0, Way.LESS)  # its size in shares of the layer's longer side
        self.active = False
        config.connect(f"notify::{arguments.STRENGTH_MAP}", lambda *_args: self._tell())

    @property
    def drawn(self) -> DrawnMap | None:
        """What is drawn, whether it is chosen or not."""
        if self._drawing is None:
            return None
        wanted = (id(self._drawing), self._drawing.version, self._base)
        if self._kept is None or self._kept[0] != wanted:
            size = (self._image.get_width(), self._image.get_height())
            self._kept = wanted, DrawnMap(Selection(size, self.size, self._drawing.levels), self._base)
        return self._kept[1]

    @property
    def chosen(self) -> str:
        """The region in which the strength counts."""
        return arguments.strength_region(self._config)

    @property
    def can_undo(self) -> bool:
        """Whether a stroke can be taken back."""
        return self._drawing is not None and self._drawing.can_undo

    @property
    def faces(self) -> tuple[Face, ...]:
        """Those to be outlined, px of the layer."""
        if not self._faces or not self._showing or not canvas.is_there(self.layer):
            return ()
        right, down = self._shift()
        return tuple(replace(face, x=face.x + right, y=face.y + down) for face in self._faces)

    @property
    def version(self) -> object:
        """Another one whenever the map looks different."""
        return self.chosen, self._drawing.version if self._drawing is not None else 0

    def activate(self, *, active: bool) -> None:
        """Whether the brush is there."""
        self.active = active
        self._tell()

    def set_brush(self, brush: Brush) -> None:
        """Draw with another one from the next stroke on."""
        self.brush = brush
        self._tell()

    def listen(self, heard: Callable[[], None], *, strokes: bool = False) -> None:
        """Have this called whenever something looks different. strokes: also at each move of a brush."""
        self._listeners.append((heard, strokes))

    def seen(self) -> bytes:
        """The levels of the map that is chosen, of `size`."""
        if self.chosen == DRAWN and self._drawing is not None:
            return self._drawing.levels
        try:
            return self._levels(regions.chosen([], self._image, self.chosen))
        except NeuralStyleError:  # what is chosen was deleted
            return b"\xff" * (self.size[0] * self.size[1])

    def place(self) -> tuple[Point, Point]:
        """Where the map's corner lies, px of the layer, and px of the layer for one of the map."""
        (left, top), _size = self._lies()
        width, height = self._image.get_width(), self._image.get_height()
        return (-left, -top), (width / self.size[0], height / self.size[1])

    def begin(self, at: Point, pressure: float) -> None:
        """Begin a stroke. at: px of the layer."""
        drawing = self._upon_what_is_chosen()
        (left, top), (wide, high) = self.place()
        brush = replace(self.brush, size=self.brush.size * max(self._lies()[1]) / wide)
        drawing.begin(brush, ((at[0] - left) / wide, (at[1] - top) / high), pressure)
        self._tell()

    def go_on(self, at: Point, pressure: float) -> None:
        """Lead the stroke to there."""
        if self._drawing is not None:
            (left, top), (wide, high) = self.place()
            self._drawing.go_on(((at[0] - left) / wide, (at[1] - top) / high), pressure)
            self._tell(moved=True)

    def end(self) -> None:
        """Lift the brush: what was drawn counts from now on."""
        if self._drawing is not None:
            self._drawing.end()
            self._choose_drawn()

    def undo(self) -> None:
        """Take back what was drawn last."""
        if self._drawing is not None and self._drawing.can_undo:
            self._drawing.undo()
            self._choose_drawn()

    def clear(self) -> None:
        """The strength counts everywhere, and nothing is drawn any more."""
        self._drawing, self._base, self._kept = None, regions.EVERYWHERE, None
        self._config.set_property(arguments.STRENGTH_MAP, regions.EVERYWHERE)
        self._tell()

    def invert(self) -> None:
        """Where it counted it does not, and the other way round."""
        drawing = self._upon_what_is_chosen()
        drawing.replace(drawing.levels.translate(INVERTED))
        self._choose_drawn()

    def take_faces(self, *, around: bool, heard: Callable[[int], None]) -> None:
        """Let the strength count on faces alone, or everywhere else. heard: is told how many there are."""

        def take() -> None:
            faces = self._faces or ()
            if faces:
                levels = self._levels_of(faces)
                drawing = self._upon_what_is_chosen()
                drawing.replace(levels.translate(INVERTED) if around else levels)
                self._choose_drawn()
            heard(len(faces))

        self._with_faces(take)

    def show_faces(self, why: str, *, shown: bool) -> None:
        """Whether faces are outlined, for as long as one of those who can ask for it does."""
        (self._showing.add if shown else self._showing.discard)(why)
        if shown:
            self._with_faces(self._tell)
        else:
            self._tell()

    def save(self) -> Gimp.Channel:
        """A new channel of the image, with the map that is chosen. Raises NeuralStyleError."""
        size = (self._image.get_width(), self._image.get_height())
        return DrawnMap(Selection(size, self.size, self.seen())).save(self._image)

    def _size(self) -> Size:
        width, height = self._image.get_width(), self._image.get_height()
        layer = max(self.layer.get_width(), self.layer.get_height())
        longest = min(drawn_maps.MOST_SIDE, max(SIDE, SIDE * max(width, height) / layer))
        scale = min(1.0, longest / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    def _levels(self, places: regions.Regions) -> bytes:
        scale = self.size[0] / self._image.get_width()
        levels = places.levels(self._image, Area(0, 0, *self.size, scale))
        return b"\xff" * (self.size[0] * self.size[1]) if levels is None else levels

    def _upon_what_is_chosen(self) -> Drawing:
        """The drawing, begun anew where something else was chosen since."""
        if self._drawing is None:
            self._drawing, self._base = Drawing(self.size, self.seen()), self.chosen
        elif self.chosen != DRAWN:
            self._drawing.rebase(self.seen())
            self._base = self.chosen
        return self._drawing

    def _choose_drawn(self) -> None:
        if self.chosen == DRAWN:
            self._config.notify(arguments.STRENGTH_MAP)  # it is another one
        else:
            self._config.set_property(arguments.STRENGTH_MAP, DRAWN)

    def _with_faces(self, act: Callable[[], None]) -> None:
        """Do something once it is known where faces are."""
        if self._faces is not None:
            act()
            return
        self._waiting.append(act)
        if self._asked or not canvas.is_there(self.layer):
            return
        self._asked = True
        width, height = self.layer.get_width(), self.layer.get_height()
        scale = min(1.0, FACES_SIDE / max(width, height))
        wide, high = max(1, round(width * scale)), max(1, round(height * scale))
        rgba = canvas.scaled(self.layer, (wide, high), scale, canvas.FORMAT)
        self._find_faces(Pixels(wide, high, rgba), lambda found: self._found(found, scale))

    def _found(self, faces: Sequence[Face], scale: float) -> None:
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
        """From the layer alone, in which faces are sought, to the layer with its effects, px."""
        _ok, left, top = self.layer.get_offsets()
        (from_left, from_top), _size = self._lies()
        return left - from_left, top - from_top

    def _levels_of(self, faces: Sequence[Face]) -> bytes:
        """The map of faces, which come in px of the layer alone."""
        _ok, left, top = self.layer.get_offsets()
        there = [replace(face, x=face.x + left, y=face.y + top) for face in faces]
        image = (self._image.get_width(), self._image.get_height())
        width, height, levels = face_shapes.levels(there, image)
        small = selections.gray_pixbuf(levels, width, height)
        return selections.levels_of(small.scale_simple(*self.size, GdkPixbuf.InterpType.BILINEAR))

    def _tell(self, *, moved: bool = False) -> None:
        """moved: only a brush was, which most need not hear."""
        for heard, strokes in self._listeners:
            if strokes or not moved:
                heard()
