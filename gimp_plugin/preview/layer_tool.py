"""The interface of tools that handle mouse and keys in the preview, and draw over the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gimp_plugin.image.scratch import Visible
    from gimp_plugin.libgimp import GdkPixbuf, Gimp
    from gimp_plugin.libgtk import Gdk
    from gimp_plugin.preview.viewport import Viewport

ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}


class LayerTool(Protocol):
    """Gets all events first; returns True for those that it has handled."""

    @property
    def cursor(self) -> str:
        """The name of the pointer over the layer; empty for the usual ones."""

    def works_on(self, layer: Gimp.Layer | Visible) -> bool:
        """Whether it is a tool for this layer."""

    def draw(self, seen: GdkPixbuf.Pixbuf, view: Viewport) -> None:
        """Draw over the visible part of the layer."""

    def press(self, event: Gdk.EventButton, view: Viewport) -> bool:
        """A button of the mouse was pressed."""

    def move(self, event: Gdk.EventMotion, view: Viewport) -> bool:
        """The mouse has moved."""

    def release(self) -> bool:
        """The button was released."""

    def leave(self) -> None:
        """The pointer has left the preview."""

    def key(self, event: Gdk.EventKey, view: Viewport) -> bool:
        """A key was pressed."""
