"""The help dialog: the list of keys, and a button that opens the guide. F1, Ctrl+? and the Help button open it."""

from __future__ import annotations

from pathlib import Path

from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gtk
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import text_button

GUIDE = Path(__file__).resolve().parent.parent / "help" / "guide.html"
OPENERS = ("F1", "<Primary>question", "<Primary><Shift>question", "<Primary>slash")
"""Shortcuts that open the dialog; several, because keyboards differ in how they type a question mark."""
SIZE = (560, 620)
SPACE = 12  # px
KEYS: tuple[tuple[str, tuple[tuple[tuple[str, ...], str], ...]], ...] = (
    (
        _("The window"),
        (
            (("Return",), _("Stylize, from nearly everywhere")),
            (("Escape",), _("Cancel a painting, leave the variations, or close the window")),
            (("Tab", "<Shift>Tab"), _("To the next control, and back")),
            (("<Alt>x",), _("To the control with that letter underlined, here x")),
            (("<Primary>z", "<Primary><Shift>z"), _("Take the last change back, and make it again")),
            (("F1", "<Primary>question"), _("This list")),
        ),
    ),
    (
        _("Styles"),
        (
            (("Left", "Right", "Up", "Down"), _("To another style")),
            (("Home", "End", "Page_Up", "Page_Down"), _("To the first, the last, or a page on")),
            (("space", "Return"), _("Choose the style")),
            (("Return",), _("On the chosen style: Stylize")),
            (("<Primary>space", "<Primary>Return"), _("Add the style to the blend, or take it away")),
            (("Delete",), _("Delete a preset of your own")),
            (("<Primary>v",), _("Take a picture or files from the clipboard as styles")),
            (("Menu", "<Shift>F10"), _("What else can be done with the style: favourite, a part of it, export…")),
            (("a",), _("Any letter: search")),
            (("Escape",), _("End the search")),
        ),
    ),
    (
        _("The preview"),
        (
            (("plus", "minus"), _("Zoom in and out")),
            (("0", "1"), _("Show all of the layer, or 100 %")),
            (("Left", "Right", "Up", "Down"), _("See another part; where all is seen, move the line")),
            (("<Shift>Left", "<Shift>Right"), _("Move the line between before and after")),
            (("Home", "End"), _("Show after alone, or before alone")),
            (("space",), _("Hold it to see the layer as it is")),
        ),
    ),
    (
        _("The brush, in the preview"),
        (
            (("Left", "Right", "Up", "Down"), _("Move the brush; with Shift by little")),
            (("space", "Return"), _("Dab")),
            (("bracketleft", "bracketright"), _("A smaller or larger brush")),
            (("x",), _("Less or more")),
            (("e",), _("The eraser")),
            (("<Primary>z",), _("Take the last stroke back")),
        ),
    ),
    (
        _("Variations and finished paintings"),
        (
            (("Left", "Right", "Up", "Down"), _("To another one")),
            (("Return",), _("Take the variation; see the painting beside the preview")),
            (("<Primary>Return",), _("See a second painting beside the first")),
        ),
    ),
    (
        _("Settings"),
        (
            (("Left", "Right"), _("Change a slider a little")),
            (("Page_Up", "Page_Down"), _("Change it more")),
            (("space",), _("Press a button, switch a switch, open a list")),
        ),
    ),
)
"""The keys and their effects, in groups. Each key is written as GTK parses it."""


def add_shortcuts(window: Gtk.Window) -> None:
    """Add the shortcuts that open the dialog to a window."""
    keys = Gtk.AccelGroup()
    for opener in OPENERS:
        key, modifiers = Gtk.accelerator_parse(opener)
        keys.connect(key, modifiers, Gtk.AccelFlags.VISIBLE, lambda *_event: _shown(window))
    window.add_accel_group(keys)


def button(window: Gtk.Window) -> Gtk.Button:
    """A button that opens the dialog."""
    return text_button(_("_Help"), _("Keys, and the guide (F1)"), lambda: show(window))


def show(window: Gtk.Window) -> None:
    """Show the dialog until it is closed."""
    dialog = Gtk.Dialog(title=_("Keys and Help"), transient_for=window, modal=True, destroy_with_parent=True)
    dialog.set_default_size(*SIZE)
    close = dialog.add_button(_("C_lose"), Gtk.ResponseType.CLOSE)
    close.grab_focus()
    message = Gtk.Label(wrap=True, xalign=0.0, selectable=True, no_show_all=True)
    about = _("All of it, in your browser; in English")
    guide = text_button(_("Open the _Guide"), about, lambda: _open(dialog, message), halign=Gtk.Align.START)
    scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, vexpand=True)
    scrolled.add(_table())
    content = dialog.get_content_area()
    content.set_spacing(SPACE)
    content.set_border_width(SPACE)
    for part in (scrolled, message, guide):
        content.add(part)
    content.show_all()
    dialog.run()
    dialog.destroy()


def _shown(window: Gtk.Window) -> bool:
    show(window)
    return True


def _open(dialog: Gtk.Dialog, message: Gtk.Label) -> None:
    """Open the guide in the browser; if there is none, show the path of its file."""
    try:
        Gtk.show_uri_on_window(dialog, GUIDE.as_uri(), Gtk.get_current_event_time())
    except GLib.Error:
        message.set_text(_("Nothing here shows pages. The guide is {file}").format(file=GUIDE))
        message.show()


def _table() -> Gtk.Grid:
    grid = Gtk.Grid(row_spacing=SPACE // 3, column_spacing=2 * SPACE, border_width=SPACE)
    row = 0
    for title, keys in KEYS:
        head = Gtk.Label(xalign=0.0, margin_top=SPACE if row else 0)
        head.set_markup(f"<b>{GLib.markup_escape_text(title)}</b>")
        grid.attach(head, 0, row, 2, 1)
        for names, effect in keys:
            row += 1
            name = "  ".join(Gtk.accelerator_get_label(*Gtk.accelerator_parse(key)) for key in names)
            grid.attach(Gtk.Label(label=name, xalign=0.0, yalign=0.0, wrap=True, max_width_chars=24), 0, row, 1, 1)
            about = Gtk.Label(label=effect, xalign=0.0, yalign=0.0, wrap=True, hexpand=True, max_width_chars=40)
            grid.attach(about, 1, row, 1, 1)
        row += 1
    return grid
