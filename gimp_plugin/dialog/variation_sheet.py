"""The page with nine small variations, shown instead of the preview while the artist chooses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin.flow.variations import SIDE, Kind, name_of
from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gdk, Gtk
from gimp_plugin.preview import pictures
from gimp_plugin.preview.comparison import DIMMED
from gimp_plugin.preview.framing import fit_into
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import text_button
from gimp_plugin.widgets.describe import describe
from gimp_plugin.widgets.grid_keys import target
from gimp_plugin.widgets.theme import badge, dim, reduce_padding

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.flow.variations import Sheet, Variant
    from gimp_plugin.libgtk import GdkPixbuf
    from nst_core.shared.wire.messages import Pixels

SPACE = 6  # px
MIN_SIZE = (84, 63)  # px, of a picture


class VariationSheet(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Shows a sheet of variations. `kind`: what the variations differ in, as the artist has chosen."""

    def __init__(
        self, on_kind: Callable[[], None], on_take: Callable[[Variant], None], on_back: Callable[[], None]
    ) -> None:
        """on_kind: called when `kind` has changed. on_take: gets the chosen variant. on_back: none was chosen."""
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        self.kind = Kind.LOOK
        self._on_kind, self._on_take = on_kind, on_take
        self._sheet: Sheet | None = None
        self._cells = [_Cell() for _number in range(SIDE * SIDE)]
        self._rows = [Gtk.Label(angle=90) for _number in range(SIDE)]
        self._columns = [Gtk.Label() for _number in range(SIDE)]
        self._note = Gtk.Label(xalign=0.0, wrap=True)
        self.pack_start(self._header(on_back), expand=False, fill=False, padding=0)
        self.pack_start(self._table(), expand=True, fill=True, padding=0)
        self.pack_start(self._note, expand=False, fill=False, padding=0)
        self.show_all()

    def show_sheet(self, sheet: Sheet, content: Pixels, note: str) -> None:
        """Show the content in every cell until the variations are painted."""
        self._sheet = sheet
        before = pictures.pixbuf(content)
        for number, (cell, variant) in enumerate(zip(self._cells, sheet.variants, strict=True)):
            cell.describe(name_of(variant), now=number == sheet.now)
            cell.show_picture(before, opacity=DIMMED)
        for labels, titles in ((self._rows, sheet.rows), (self._columns, sheet.columns)):
            for label, title in zip(labels, titles or [""] * SIDE, strict=True):
                label.set_text(title)
                label.set_visible(bool(title))
        self._note.set_text(note)

    def show_variant(self, number: int, pixels: Pixels, note: str) -> None:
        """Show a variation so far."""
        self._cells[number].show_picture(pictures.pixbuf(pixels))
        self._note.set_text(note)

    def fail(self, sentence: str) -> None:
        """Show why there are no more variations."""
        self._note.set_text(sentence)

    def do_grab_focus(self) -> None:
        """Focus the variation with the current settings."""
        self._cells[self._sheet.now if self._sheet else 0].grab_focus()

    def _header(self, on_back: Callable[[], None]) -> Gtk.Box:
        linked = Gtk.Box()
        linked.get_style_context().add_class("linked")
        looks = Gtk.RadioButton(label=_("Strength × brush size"), draw_indicator=False)  # noqa: RUF001 - no letter
        seeds = Gtk.RadioButton(label=_("Other variations"), draw_indicator=False, group=looks)
        looks.set_tooltip_text(_("Weaker and stronger from top to bottom, finer and broader from left to right."))
        seeds.set_tooltip_text(_("The same settings, with other numbers under Variation."))
        seeds.connect("toggled", lambda _button: self._choose(Kind.SEEDS if seeds.get_active() else Kind.LOOK))
        for button in (looks, seeds):
            linked.pack_start(button, expand=False, fill=False, padding=0)
        back = text_button(_("Back"), _("Go back to the preview, with all settings as they are (Esc)"), on_back)
        header = Gtk.Box(spacing=SPACE)
        header.pack_start(linked, expand=False, fill=False, padding=0)
        header.pack_end(back, expand=False, fill=False, padding=0)
        return header

    def _table(self) -> Gtk.Grid:
        cells = Gtk.Grid(row_homogeneous=True, column_homogeneous=True, row_spacing=SPACE, column_spacing=SPACE)
        for number, cell in enumerate(self._cells):
            cells.attach(cell, number % SIDE, number // SIDE, 1, 1)
            cell.connect("clicked", lambda _cell, number=number: self._take(number))
            cell.connect("key-press-event", self._pressed, number)
        across, down = Gtk.Box(homogeneous=True, spacing=SPACE), Gtk.Box(homogeneous=True, spacing=SPACE)
        down.set_orientation(Gtk.Orientation.VERTICAL)
        for box, labels in ((across, self._columns), (down, self._rows)):
            for label in labels:
                dim(label)
                box.pack_start(label, expand=True, fill=True, padding=0)
        table = Gtk.Grid(row_spacing=SPACE, column_spacing=SPACE)
        table.attach(across, 1, 0, 1, 1)
        table.attach(down, 0, 1, 1, 1)
        table.attach(cells, 1, 1, 1, 1)
        cells.set_property("expand", True)  # noqa: FBT003 - a property has no name of its own
        return table

    def _choose(self, kind: Kind) -> None:
        self.kind = kind
        self._on_kind()

    def _take(self, number: int) -> None:
        if self._sheet is not None:
            self._on_take(self._sheet.variants[number])

    def _pressed(self, _cell: Gtk.Button, event: Gdk.EventKey, number: int) -> bool:
        if event.state & (Gdk.ModifierType.CONTROL_MASK | Gdk.ModifierType.MOD1_MASK):
            return False
        key, mirrored = Gdk.keyval_name(event.keyval) or "", self.get_direction() == Gtk.TextDirection.RTL
        other = target(key, number, len(self._cells), SIDE, SIDE, mirrored=mirrored)
        if other is None:
            return False
        self._cells[other].grab_focus()
        return True


class _Cell(Gtk.Button):  # type: ignore[misc] # gi ships no types
    """A button with a picture that fills it."""

    def __init__(self) -> None:
        super().__init__(relief=Gtk.ReliefStyle.NONE)
        reduce_padding(self)
        self._picture: GdkPixbuf.Pixbuf | None = None
        self._shown: tuple[object, ...] = ()
        self._space = Gtk.Box(width_request=MIN_SIZE[0], height_request=MIN_SIZE[1])
        self._image = Gtk.Image(halign=Gtk.Align.CENTER, valign=Gtk.Align.CENTER)
        self._badge = Gtk.Label(label=_("As now"), halign=Gtk.Align.START, valign=Gtk.Align.START, no_show_all=True)
        badge(self._badge)
        layers = Gtk.Overlay()
        layers.add(self._space)
        for part in (self._image, self._badge):  # overlays request no space: a picture never enlarges its cell
            layers.add_overlay(part)
            layers.set_overlay_pass_through(part, True)  # noqa: FBT003 - the mouse is for the button
        self.add(layers)
        for signal in ("size-allocate", "notify::scale-factor"):
            self._space.connect(signal, lambda *_args: GLib.idle_add(self._update))

    def describe(self, name: str, *, now: bool) -> None:
        """Name the picture. now: it has the current settings."""
        describe(self, name)
        self._badge.set_visible(now)

    def show_picture(self, picture: GdkPixbuf.Pixbuf, opacity: float = 1.0) -> None:
        """Show another picture."""
        self._picture = picture
        self._image.set_opacity(opacity)
        self._update()

    def _update(self) -> bool:
        picture = self._picture
        space = (
            max(MIN_SIZE[0], self._space.get_allocated_width()),
            max(MIN_SIZE[1], self._space.get_allocated_height()),
        )
        wanted = (picture, space, self.get_scale_factor())
        if picture is not None and wanted != self._shown:
            self._shown = wanted  # showing it allocates sizes again: the same ones must not start an endless loop
            width, height = fit_into((picture.get_width(), picture.get_height()), space)

            def paint(zoom: int) -> GdkPixbuf.Pixbuf:
                return pictures.checkered(picture, (zoom * width, zoom * height), zoom)

            pictures.put(self._image, paint, self.get_scale_factor())
            self._badge.set_margin_start((space[0] - width) // 2 + SPACE)
            self._badge.set_margin_top((space[1] - height) // 2 + SPACE)
        return bool(GLib.SOURCE_REMOVE)
