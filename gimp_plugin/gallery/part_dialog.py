"""A dialog to choose a part of a style picture, by the mouse on the picture or by numbers below it."""

from __future__ import annotations

from gimp_plugin.libgtk import Gdk, GdkPixbuf, Gtk
from gimp_plugin.translation import _
from gimp_plugin.widgets.rectangle import Rectangle
from nst_core.shared.settings import MIN_SIDE

GAP = 6  # pixels
MOST = 560, 420  # px of the picture on the screen
DARK, LINE = 0x202020FF, 0xFFFFFFFF
FAINT = 90  # of 255: brightness outside the part


def ask_part(parent: Gtk.Window, picture: GdkPixbuf.Pixbuf, title: str) -> GdkPixbuf.Pixbuf | None:
    """The chosen part; None if the user cancels or chooses the whole picture."""
    dialog = Gtk.Dialog(title=_("A part of {style}").format(style=title), transient_for=parent, modal=True)
    dialog.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
    dialog.add_button(_("_Use this part"), Gtk.ResponseType.ACCEPT)
    dialog.set_default_response(Gtk.ResponseType.ACCEPT)
    chooser = PartChooser(picture)
    dialog.get_content_area().pack_start(chooser, expand=True, fill=True, padding=2 * GAP)
    dialog.show_all()
    try:
        accepted = dialog.run() == Gtk.ResponseType.ACCEPT
        part = chooser.part
    finally:
        dialog.destroy()
    whole = (part.width, part.height) == (picture.get_width(), picture.get_height())
    if not accepted or whole:
        return None
    return picture.new_subpixbuf(part.left, part.top, part.width, part.height).copy()


class PartChooser(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """The picture, dark outside the part, and four numbers. part: px of the picture."""

    def __init__(self, picture: GdkPixbuf.Pixbuf) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=2 * GAP, border_width=GAP)
        self._size = picture.get_width(), picture.get_height()
        self._least = min(MIN_SIDE, *self._size)
        self._scale = min(1.0, MOST[0] / self._size[0], MOST[1] / self._size[1])
        small = tuple(max(1, round(side * self._scale)) for side in self._size)
        self._shown = picture.scale_simple(*small, GdkPixbuf.InterpType.BILINEAR)
        self._begun: tuple[float, float] | None = None
        self._busy = False
        quarter = Rectangle(self._size[0] // 4, self._size[1] // 4, self._size[0] // 2, self._size[1] // 2)
        self.part = quarter.inside(self._size, self._least)
        self._image = Gtk.Image()
        events = Gtk.EventBox(halign=Gtk.Align.CENTER)
        events.add_events(Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON_MOTION_MASK)
        events.add(self._image)
        events.connect("button-press-event", self._pressed)
        events.connect("motion-notify-event", self._moved)
        events.get_accessible().set_name(_("The style picture"))
        self.pack_start(events, expand=True, fill=True, padding=0)
        hint = Gtk.Label(label=_("Draw a rectangle around the part that the painting shall look like."), wrap=True)
        self.pack_start(hint, expand=False, fill=False, padding=0)
        self._numbers = self._spins()
        self._show()

    def choose(self, part: Rectangle) -> None:
        """Set the part, moved and reduced to lie inside the picture."""
        self.part = part.inside(self._size, self._least)
        self._show()

    def _spins(self) -> list[Gtk.SpinButton]:
        row = Gtk.Grid(column_spacing=GAP, row_spacing=GAP, halign=Gtk.Align.CENTER)
        made = []
        texts = (_("L_eft"), _("_Top"), _("_Width"), _("_Height"))
        for number, text in enumerate(texts):
            spin = Gtk.SpinButton.new_with_range(0, self._size[number % 2], 1)
            spin.connect("value-changed", lambda _spin: self._numbered())
            label = Gtk.Label(label=text, use_underline=True, mnemonic_widget=spin)
            row.attach(label, 2 * number, 0, 1, 1)
            row.attach(spin, 2 * number + 1, 0, 1, 1)
            made.append(spin)
        self.pack_start(row, expand=False, fill=False, padding=0)
        return made

    def _numbered(self) -> None:
        if not self._busy:
            self.choose(Rectangle(*(spin.get_value_as_int() for spin in self._numbers)))

    def _pressed(self, _events: Gtk.EventBox, event: Gdk.EventButton) -> bool:
        self._begun = event.x, event.y
        return True

    def _moved(self, _events: Gtk.EventBox, event: Gdk.EventMotion) -> bool:
        if self._begun is not None:
            self.choose(Rectangle.between(self._begun, (event.x, event.y)).scaled(1 / self._scale))
        return True

    def _show(self) -> None:
        self._busy = True
        part = self.part
        for spin, value in zip(self._numbers, (part.left, part.top, part.width, part.height), strict=True):
            spin.set_value(value)
        self._busy = False
        self._image.set_from_pixbuf(_marked(self._shown, part.scaled(self._scale)))


def _marked(picture: GdkPixbuf.Pixbuf, part: Rectangle) -> GdkPixbuf.Pixbuf:
    """The picture, dark outside a part, which has a white frame."""
    width, height = picture.get_width(), picture.get_height()
    part = part.inside((width, height), 1)
    marked = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)  # noqa: FBT003 - no alpha
    marked.fill(DARK)
    as_is = 0.0, 0.0, 1.0, 1.0, GdkPixbuf.InterpType.NEAREST
    picture.composite(marked, 0, 0, width, height, *as_is, FAINT)
    frame = Rectangle(part.left - 2, part.top - 2, part.width + 4, part.height + 4).inside((width, height), 1)
    marked.new_subpixbuf(frame.left, frame.top, frame.width, frame.height).fill(LINE)
    picture.composite(marked, part.left, part.top, part.width, part.height, *as_is, 255)
    return marked
