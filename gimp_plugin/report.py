"""Progress in GIMP's progress bar, and as lines on standard error when GIMP runs without a window."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from gimp_plugin.engine_words import in_a_line, notes
from gimp_plugin.libgimp import Gimp
from gimp_plugin.translation import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gimp_plugin.image.canvas import LeftOut
    from nst_core.shared.errors import NeuralStyleError
    from nst_core.shared.wire.messages import Done, Progress

PREFIX = "neural-style: "
LINE_SECONDS = 2.0  # between lines
BAR_SECONDS = 0.1  # between movements of the bar


class Report:
    """The progress of `layers` layers, painted one after another."""

    def __init__(self, layers: int) -> None:
        self._layers = layers
        self._next_line = self._next_bar = 0.0
        starting = _("starting the engine")
        Gimp.progress_init(f"Neural Style: {starting}")
        _print(starting)

    def show(self, layer: int, event: Progress) -> None:
        """Show the progress of layer number `layer`, from 0."""
        now = time.monotonic()
        fraction = (layer + event.fraction) / self._layers
        text = _("size {octave} of {octaves}, about {seconds} s left").format(
            octave=event.octave, octaves=event.octaves, seconds=round(event.seconds_left)
        )
        if self._layers > 1:
            which = _("layer {number} of {count}").format(number=layer + 1, count=self._layers)
            text = f"{which}, {text}"
        if now >= self._next_bar:
            self._next_bar = now + BAR_SECONDS
            Gimp.progress_set_text(f"Neural Style: {text}")
            Gimp.progress_update(fraction)
        if now >= self._next_line:
            self._next_line = now + LINE_SECONDS
            _print(f"{fraction:4.0%}, {text}")

    def print_done(self, metrics: Mapping[str, Any]) -> None:
        """Print that the last layer was inserted. metrics: of its job."""
        known = {**metrics, "device": metrics.get("card") or metrics.get("device")}
        where = ", ".join(str(known[key]) for key in ("backend", "device", "precision") if known.get(key))
        seconds = f"{float(metrics.get('seconds', 0)):.1f}"
        _print(_("done in {seconds} s ({where})").format(seconds=seconds, where=where))

    def close(self) -> None:
        """Remove the bar."""
        Gimp.progress_end()


def show_notes(pictures: Iterable[Done]) -> None:
    """Show the engine's notes as messages of GIMP, each one once."""
    for note in dict.fromkeys(note for done in pictures for note in notes(done.metrics)):
        Gimp.message(f"Neural Style: {note}")


def show_left_out(layers: LeftOut) -> None:
    """Show the layers that were not painted, each with the reason, as messages of GIMP."""
    for name, error in layers:
        Gimp.message(left_out(name, error))


def left_out(name: str, error: NeuralStyleError) -> str:
    """The message that a layer was not painted, and why."""
    return _("{layer} was left out: {reason}").format(layer=repr(name), reason=in_a_line(error))


def painted_visible(error: NeuralStyleError) -> str:
    """The message that no layer can be painted, so that what the image shows is."""
    return _("The whole image is painted, as it is visible: {reason}").format(reason=in_a_line(error))


def _print(text: str) -> None:
    if sys.stderr is not None:  # GIMP for Windows runs plug-ins without one
        sys.stderr.write(f"{PREFIX}{text}\n")
        sys.stderr.flush()
