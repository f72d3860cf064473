"""The gallery's menu of presets, and the small popover that asks for a title."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gimp_plugin.gallery.picture_chooser import ask_export, ask_preset_file
from gimp_plugin.libgtk import Gtk
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import menu_item
from nst_core.shared.presets.archive import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.gallery.preset_actions import PresetActions
    from nst_core.shared.presets.lookup import Preset

GAP = 6  # pixels


class PresetMenu(Gtk.MenuButton):  # type: ignore[misc] # gi ships no types
    """The button and its menu."""

    def __init__(self, actions: PresetActions) -> None:
        super().__init__(tooltip_text=_("Save and organise your own presets"))
        line = Gtk.Box(spacing=GAP)
        line.add(Gtk.Label(label=_("_Presets"), use_underline=True, mnemonic_widget=self))
        line.add(Gtk.Image(icon_name="pan-down-symbolic", icon_size=Gtk.IconSize.MENU))
        self.add(line)
        self.get_accessible().set_name(_("Presets"))
        self._actions = actions
        self._title = _TitlePopover(self)
        menu = Gtk.Menu()
        menu_item(menu, _("_Save as…"), self._save)
        update = menu_item(menu, _("_Update with these settings"), actions.update)
        self._of_own = [
            menu_item(menu, _("_Rename…"), lambda: self.rename(actions.chosen())),
            menu_item(menu, _("_Delete"), actions.delete_chosen),
        ]
        menu.append(Gtk.SeparatorMenuItem())
        menu_item(menu, _("_Import…"), self._import)
        self._of_any = [update, menu_item(menu, _("_Export…"), lambda: self.export(actions.chosen()))]
        menu.connect("show", self._enable)
        menu.show_all()
        self.set_popup(menu)

    def rename(self, preset: Preset | None) -> None:
        """Ask for a new title of a preset, and rename it."""
        if preset is not None:
            self._title.ask(_("New _title"), preset.title, partial(self._actions.rename, preset))

    def export(self, preset: Preset | None) -> None:
        """Ask for a path, and export a preset."""
        path = ask_export(self.get_toplevel(), f"{preset.slug}{SUFFIX}") if preset is not None else None
        if path is not None and preset is not None:
            self._actions.export(preset, path)

    def _enable(self, _menu: Gtk.Menu) -> None:
        preset = self._actions.chosen()
        for item in self._of_own:
            item.set_sensitive(preset is not None and not preset.builtin)
        for item in self._of_any:
            item.set_sensitive(preset is not None)

    def _save(self) -> None:
        self._title.ask(_("_Title of the new preset"), self._actions.suggested_title(), self._actions.save)

    def _import(self) -> None:
        path = ask_preset_file(self.get_toplevel(), SUFFIX)
        if path is not None:
            self._actions.import_file(path)


class _TitlePopover(Gtk.Popover):  # type: ignore[misc] # gi ships no types
    def __init__(self, beside: Gtk.Widget) -> None:
        super().__init__(relative_to=beside, border_width=2 * GAP)
        self._answer: Callable[[str], None] | None = None
        self._label = Gtk.Label(use_underline=True, xalign=0.0)
        self._entry = Gtk.Entry(width_chars=18)
        self._label.set_mnemonic_widget(self._entry)
        self._button = Gtk.Button(label=_("_Save"), use_underline=True)
        rows = Gtk.Grid(row_spacing=GAP, column_spacing=GAP)
        rows.attach(self._label, 0, 0, 2, 1)
        rows.attach(self._entry, 0, 1, 1, 1)
        rows.attach(self._button, 1, 1, 1, 1)
        rows.show_all()
        self.add(rows)
        self._entry.connect("changed", lambda entry: self._button.set_sensitive(bool(entry.get_text().strip())))
        self._entry.connect("activate", self._done)
        self._button.connect("clicked", self._done)

    def ask(self, question: str, suggestion: str, answer: Callable[[str], None]) -> None:
        """Ask for a title; calls `answer` with it."""
        self._answer = answer
        self._label.set_text_with_mnemonic(question)
        self._entry.get_accessible().set_name(self._label.get_text())
        self._entry.set_text(suggestion)
        self.popup()
        self._entry.grab_focus()

    def _done(self, _widget: Gtk.Widget) -> None:
        title = self._entry.get_text().strip()
        if title and self._answer is not None:
            self.popdown()
            self._answer(title)
