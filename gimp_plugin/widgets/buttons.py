"""Buttons and menu items that call a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gimp_plugin.libgtk import Gtk
from gimp_plugin.widgets.describe import describe

if TYPE_CHECKING:
    from collections.abc import Callable


def text_button(label: str, tooltip: str, act: Callable[[], object], **properties: Any) -> Gtk.Button:
    """A button with a text, which may have an access key."""
    button = Gtk.Button(label=label, use_underline=True, tooltip_text=tooltip, **properties)
    button.connect("clicked", lambda _button: act())
    return button


def icon_button(icon: str, name: str, act: Callable[[], object]) -> Gtk.Button:
    """A button with an icon and no frame."""
    button = Gtk.Button.new_from_icon_name(icon, Gtk.IconSize.BUTTON)
    button.set_relief(Gtk.ReliefStyle.NONE)
    describe(button, name)
    button.connect("clicked", lambda _button: act())
    return button


def menu_item(menu: Gtk.Menu, label: str, act: Callable[[], object]) -> Gtk.MenuItem:
    """An item with an access key, at the end of a menu."""
    item = Gtk.MenuItem(label=label, use_underline=True)
    item.connect("activate", lambda _item: act())
    menu.append(item)
    return item
