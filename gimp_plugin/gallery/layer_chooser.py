"""A popover with the open images and layers, to choose a style from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gtk, Pango
from gimp_plugin.looks import style_sources, thumbnails
from gimp_plugin.picks import Pick
from gimp_plugin.translation import _
from gimp_plugin.widgets.theme import dim, make_transparent

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.looks.style_sources import StyleCandidate

SMALL = 40  # pixels
INDENT = 16  # pixels for each group that a layer lies in
MOST_HEIGHT = 360  # pixels


class LayerChooser(Gtk.MenuButton):  # type: ignore[misc] # gi ships no types
    """The button, and its popover."""

    def __init__(self, on_choice: Callable[[Pick], None]) -> None:
        super().__init__(label=_("From _layer…"), use_underline=True)
        self.set_tooltip_text(_("Take the style from an open image or one of its layers"))
        self._on_choice = on_choice
        self._waiting: list[tuple[Gtk.Image, str]] = []
        self._rows = Gtk.ListBox(selection_mode=Gtk.SelectionMode.BROWSE, activate_on_single_click=True)
        self._rows.get_accessible().set_name(_("Open images and layers"))
        self._rows.set_header_func(_head)
        self._rows.connect("row-activated", self._activated)
        scroller = Gtk.ScrolledWindow(
            hscrollbar_policy=Gtk.PolicyType.NEVER,
            propagate_natural_height=True,
            propagate_natural_width=True,
            max_content_height=MOST_HEIGHT,
            can_focus=False,
        )
        scroller.add(self._rows)
        scroller.show_all()
        popover = Gtk.Popover(border_width=6)
        popover.add(scroller)
        popover.connect("show", self._list)
        self.set_popover(popover)

    def _list(self, _popover: Gtk.Popover) -> None:
        for row in self._rows.get_children():
            row.destroy()
        self._waiting = []
        for image, sources in style_sources.open_images():
            for source in sources:
                row = _Row(image, source)
                self._rows.add(row)
                self._waiting.append((row.picture, source.key))
        self._rows.show_all()
        first = self._rows.get_row_at_index(0)
        if first is not None:
            first.grab_focus()
        GLib.idle_add(self._show_next)

    def _show_next(self) -> bool:
        """Add one thumbnail per call, because an image may have hundreds of layers."""
        popover = self.get_popover()  # None after the window was closed
        if self._waiting and popover is not None and popover.get_visible():
            picture, key = self._waiting.pop(0)
            small = style_sources.thumbnail(key, 2 * SMALL)
            if small is not None:
                picture.set_from_gicon(thumbnails.square(small, 2 * SMALL), Gtk.IconSize.DND)
                picture.set_pixel_size(SMALL)
            return bool(GLib.SOURCE_CONTINUE)
        return bool(GLib.SOURCE_REMOVE)

    def _activated(self, _rows: Gtk.ListBox, row: _Row) -> None:
        self.get_popover().popdown()
        self._on_choice(row.pick)


class _Row(Gtk.ListBoxRow):  # type: ignore[misc] # gi ships no types
    def __init__(self, image: str, source: StyleCandidate) -> None:
        super().__init__()
        self.image = image
        whole = style_sources.is_image(source.key)
        self.pick = Pick("layer", source.key, image if whole else source.title)
        self.picture = thumbnails.image(None, SMALL)
        line = Gtk.Box(spacing=8, margin=3, margin_start=3 + INDENT * source.depth)
        make_transparent(line)
        line.pack_start(self.picture, expand=False, fill=False, padding=0)
        label = Gtk.Label(label=source.title, xalign=0.0, ellipsize=Pango.EllipsizeMode.END, max_width_chars=32)
        line.pack_start(label, expand=True, fill=True, padding=0)
        self.add(line)
        self.get_accessible().set_name(_("{layer} of {image}").format(layer=source.title, image=image))


def _head(row: _Row, before: _Row | None) -> None:
    if style_sources.is_image(row.pick.key):
        title = Gtk.Label(label=row.image, xalign=0.0, margin=3, margin_top=9 if before else 3, visible=True)
        dim(title)
        row.set_header(title)
    else:
        row.set_header(None)
