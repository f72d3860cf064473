"""What the dialog paints: the layers it was opened for, with the styles picked and the settings shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from gimp_plugin import arguments
from gimp_plugin.dialog.roles import Wish
from gimp_plugin.image import canvas, layer_styles, masks, outputs, regions
from gimp_plugin.image.regions import Area
from gimp_plugin.preview.pictures import Sample
from gimp_plugin.report import tell_notes
from gimp_plugin.translation import _
from nst_core.errors import NothingVisibleError
from nst_core.messages import Done, Pixels, Stylize
from nst_core.settings import from_mapping, to_mapping

if TYPE_CHECKING:
    from gimp_plugin.gallery.picks import Picks
    from gimp_plugin.libgimp import Gimp

PREVIEWS = 0.25  # seconds between pictures of a preview
FORMING = 0.5  # and of a run
PREVIEW_STYLE = 1024  # pixels: a finer style says nothing to a picture of the preview's size


class Pane(Protocol):
    """The preview, as far as it says what to paint for it."""

    @property
    def layer(self) -> Gimp.Layer:
        """The layer it shows."""

    @property
    def part(self) -> float:
        """The share of the layer's area that `content` is."""

    @property
    def area(self) -> Area:
        """Where `content` lies in the image."""

    def content(self) -> Pixels:
        """The picture to paint. Raises LayerGoneError."""

    def sample(self) -> Sample:
        """The same, still smaller. Raises LayerGoneError."""


class LayerWork:
    """The layers of an image, and how to paint them. `picks` and `pane` say what the window shows at the moment."""

    def __init__(
        self, layers: Sequence[Gimp.Layer], config: Gimp.ProcedureConfig, picks: Callable[[], Picks], pane: Pane
    ) -> None:
        self.count = len(layers)
        self.made: list[Gimp.Layer] = []
        self._image = layers[0].get_image()
        self._layers = list(layers)
        self._places: dict[int, canvas.Place] = {}
        self._config = config
        self._picks = picks
        self._pane = pane

    @property
    def as_seen(self) -> bool:
        """Whether the layers' effects are painted too."""
        seen: bool = self._config.get_property(arguments.AS_SEEN)
        return seen

    def wish(self) -> Wish:
        """What the artist has set. Raises NeuralStyleError for styles that cannot be read."""
        return self._wish(layer_styles.MOST_EDGE)

    def preview(self) -> Stylize:
        """What the preview pane asks for, with what she has set; its quality is always the normal one."""
        content = self._pane.content()
        return self._small(Sample(content, self._pane.area, self._pane.part), "normal")

    def sample(self) -> Stylize:
        """The same for a variation: still smaller, and in a few steps at its own size, so that it is sharp soon."""
        return self._small(self._pane.sample(), "draft")

    def request(self, number: int, wish: Wish) -> Stylize:
        """The whole layer. Raises LayerGoneError."""
        layer = self._layers[number]
        view = canvas.look(layer, as_seen=wish.as_seen, hiding=wish.regions.hiding(layer))
        self._places[number] = view.place
        where = (self._image, view.place.area(view.pixels))
        styles, strength_map = wish.regions.guide(wish.styles, *where), wish.regions.strength_map(*where)
        return Stylize(view.pixels, styles, wish.settings, mask=view.mask, strength_map=strength_map, previews=FORMING)

    def keep(self, done: Mapping[int, Done], wish: Wish) -> None:
        """Insert the results: `made`. Raises LayerGoneError if no layer is left that one belongs to."""
        painted = [outputs.Painted(self._places[number], event) for number, event in sorted(done.items())]
        look = outputs.Look(wish.styles, wish.title, wish.regions, wish.layers, wish.output)
        self.made = outputs.insert(self._image, painted, look, show=True)
        tell_notes(one.done for one in painted)

    def _small(self, sample: Sample, quality: str) -> Stylize:
        wish, layer = self._wish(PREVIEW_STYLE), self._pane.layer
        canvas.home(layer)  # what the pane shows may be older than the closing of the image
        mask = masks.visible(layer, sample.area, wish.regions.hiding(layer))
        if mask is not None and not any(mask):
            raise NothingVisibleError(
                _("selection and layer mask hide all of this part"),
                _("look at another part, or select some of this one"),
            )
        settings = {**wish.settings, "quality": quality, "seconds": 0.0}
        styles = wish.regions.guide(wish.styles, self._image, sample.area)
        strength_map = wish.regions.strength_map(self._image, sample.area)
        return Stylize(
            sample.pixels,
            styles,
            settings,
            mask=mask,
            strength_map=strength_map,
            part=sample.part,
            previews=PREVIEWS,
        )

    def _wish(self, edge: int) -> Wish:
        picks, config = self._picks(), self._config
        return Wish(
            styles=picks.styles(partial(layer_styles.read, edge=edge)),
            settings=to_mapping(from_mapping(arguments.values_of(config))),
            title=picks.title,
            output=config.get_property(arguments.OUTPUT),
            as_seen=self.as_seen,
            regions=regions.chosen(picks.regions(), self._image, arguments.strength_region(config)),
            layers=picks.layers(),
        )
