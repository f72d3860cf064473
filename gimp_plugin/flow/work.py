"""The dialog's work: requests for its layers with the chosen styles and settings, and insertion of the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.flow.layer_request import layer_request
from gimp_plugin.flow.roles import Order, Snapshot
from gimp_plugin.flow.variations import SIDE
from gimp_plugin.image import canvas, layer_styles, masks, outputs, recipes, scratch, types
from gimp_plugin.image.regions import Regions
from gimp_plugin.image.undelivered import PaintingFiles
from gimp_plugin.libgimp import Gimp
from gimp_plugin.report import show_left_out, show_notes
from gimp_plugin.translation import _
from nst_core.shared.errors import NothingVisibleError
from nst_core.shared.settings import from_mapping, to_mapping
from nst_core.shared.wire.messages import Done, Pixels, Stylize

if TYPE_CHECKING:
    from gimp_plugin.image.drawn_maps import DrawnMap
    from gimp_plugin.picks import Picks
    from gimp_plugin.preview.pane import Preview
    from gimp_plugin.preview.pictures import Sample
    from nst_core.shared.errors import NeuralStyleError
    from nst_core.shared.settings import Value

PREVIEWS = 0.25  # seconds between pictures of a preview
FORMING = 0.5  # the same for a run, and for a finer preview
PREVIEW_STYLE = 1024  # px: largest edge of a style picture for a preview


@dataclass(frozen=True)
class Refinement:
    """How to refine a painted layer: with its styles and settings, from its pixels, with its source as content.

    source: the layer that it was painted from, None if that is gone; tattoo: of that layer. adapt: changes a request
    for the painted layer into one that refines it. visible: whether what the image shows was painted.
    """

    title: str
    picks: Picks
    settings: Mapping[str, Value]
    regions: Regions
    source: Gimp.Layer | scratch.Visible | None
    tattoo: int | None
    adapt: Callable[[canvas.View, Stylize], Stylize]
    visible: bool = False


class LayerWork:
    """The layers of an image, and their requests. picks and pane: what the window shows."""

    def __init__(
        self,
        layers: Sequence[Gimp.Layer | scratch.Visible],
        config: Gimp.ProcedureConfig,
        picks: Callable[[], Picks],
        pane: Preview,
        refinement: Refinement | None = None,
        drawn: Callable[[], DrawnMap | None] = lambda: None,
    ) -> None:
        """drawn: the strength map that was drawn."""
        self.made: list[Gimp.Layer] = []
        self._left_out: canvas.LeftOut = []
        self._files = PaintingFiles()
        self._image = layers[0].get_image()
        self._selected = list(layers)
        # The paintings of this window are not part of what it paints.
        self._visible = scratch.Visible(self._image, lambda: self.made)
        self._places: dict[int, types.Place] = {}
        self._config = config
        self._picks = picks
        self._pane = pane
        self._refinement = refinement
        self._drawn = drawn

    @property
    def layers(self) -> list[Gimp.Layer | scratch.Visible]:
        """What is painted: the selected layers, or what the image shows."""
        return [self._visible] if self.paints_visible else list(self._selected)

    @property
    def count(self) -> int:
        """How many those are."""
        return len(self.layers)

    @property
    def paints_visible(self) -> bool:
        """Whether what the image shows is painted."""
        return not self._refinement and self._config.get_property(arguments.INPUT) == arguments.VISIBLE

    @property
    def gray(self) -> bool:
        """Whether the paintings will be gray: in a grayscale image, not in a new one."""
        if not self._image.is_valid() or self._config.get_property(arguments.OUTPUT) == recipes.IMAGE:
            return False
        return bool(self._image.get_base_type() == Gimp.ImageBaseType.GRAY)

    @property
    def as_seen(self) -> bool:
        """Whether the layers' effects are painted too."""
        seen: bool = self._config.get_property(arguments.AS_SEEN)
        return seen

    def order(self) -> Order:
        """The current styles and settings. Raises NeuralStyleError for styles that cannot be read."""
        return self._order(layer_styles.MOST_EDGE)

    def preview(self) -> Stylize:
        """The request of the preview; variations use it with other settings."""
        return self._small(self._pane.content())

    def finer(self) -> Stylize | None:
        """The request for the visible part of the preview at a higher resolution; None if there is none."""
        sample = self._pane.finer()
        return None if sample is None else self._small(sample)

    def larger(self, begun: Pixels) -> Stylize | None:
        """The request for a variation at the displayed size, to refine `begun`; None if it has that size."""
        sample = None if self._refinement else self._pane.larger(begun, SIDE)
        return None if sample is None else self._small(sample)

    def request(self, number: int, order: Order) -> Stylize:
        """The request for a whole layer. Raises LayerGoneError."""
        self._places[number], request = layer_request(self.layers[number], order, FORMING)
        return request

    def save(self, number: int, done: Done, order: Order) -> None:
        """Save a finished picture, in case this program ends before it is inserted."""
        self._files.save(outputs.Painted(self._places[number], done), order.look)

    def leave_out(self, number: int, error: NeuralStyleError) -> None:
        """Store that a layer was not painted, and why, until the others are inserted."""
        layer = self.layers[number]
        self._left_out.append((layer.get_name() if layer.is_valid() else "", error))

    def insert(self, done: Mapping[int, Done], order: Order) -> None:
        """Insert the results: `made`. Raises LayerGoneError if there are none."""
        painted = [outputs.Painted(self._places[number], event) for number, event in sorted(done.items())]
        self.made += outputs.insert(self._image, painted, order.look, show=True)
        self.discard()
        show_notes(one.done for one in painted)
        show_left_out(self._left_out)
        self._left_out = []

    def snapshot(self, number: int, done: Done, order: Order) -> Snapshot:
        """The picture of a layer, with everything that is needed to paint it again."""
        painted = outputs.Painted(self._places[number], done)
        return Snapshot(painted, order.look, self._picks(), order.settings, self.gray)

    def insert_snapshot(self, snapshot: Snapshot) -> None:
        """Insert a painting of this session: `made`. Raises LayerGoneError."""
        self.made += outputs.insert(self._image, [snapshot.painted], snapshot.look, show=True)

    def discard(self) -> None:
        """Delete the saved pictures."""
        self._files.delete()

    def _small(self, sample: Sample) -> Stylize:
        order, layer = self._order(PREVIEW_STYLE), self._pane.layer
        canvas.image_of(layer)  # raises if the image was closed since
        regions = order.look.regions
        mask = masks.visible(layer, sample.area, regions.hiding(layer))
        if mask is not None and not any(mask):
            raise NothingVisibleError(
                _("selection and layer mask hide all of this part"),
                _("look at another part, or select some of this one"),
            )
        quality = "draft" if order.settings["quality"] == "draft" else "normal"
        settings = {**order.settings, "quality": quality, "seconds": 0.0}
        if sample.part < 1:  # the borders of the whole layer shall meet, not those of a part
            settings["seamless"] = False
        styles = regions.guide(order.look.styles, self._image, sample.area)
        strength_map = regions.strength_map(self._image, sample.area)
        content, init = sample.pixels, None
        if self._refinement:
            source = self._pane.pixels_of(self._refinement.source, sample.frame) if self._refinement.source else None
            content, init = source or content, content
        return Stylize(
            content,
            styles,
            settings,
            mask=mask,
            init=init,
            strength_map=strength_map,
            part=sample.part,
            previews=PREVIEWS if sample.excerpt.begun is None else FORMING,
            excerpt=sample.excerpt if init is None else None,
        )

    def _order(self, edge: int) -> Order:
        """The current styles, with a longest edge of at most `edge` px, and settings."""
        picks, config, refinement = self._picks(), self._config, self._refinement
        if self.paints_visible:
            canvas.check(self._visible)
        title, source, visible, adapt = picks.title, None, self.paints_visible, None
        if refinement is None:
            regions = Regions.of(picks.regions(), self._image, arguments.strength_region(config), self._drawn())
        else:
            source, visible, adapt = refinement.tattoo, refinement.visible, refinement.adapt
            if picks.names == refinement.picks.names:
                title, regions = refinement.title, replace(refinement.regions, keys=picks.regions())
            else:
                before = refinement.regions
                regions = Regions.of(picks.regions(), self._image, before.strength, before.drawn)
        styles = picks.styles(partial(layer_styles.read, edge=edge))
        output = config.get_property(arguments.OUTPUT)
        look = recipes.Look(styles, title, regions, picks.layers(), output, source, visible)
        return Order(look, to_mapping(from_mapping(arguments.values_of(config))), self.as_seen, adapt)
