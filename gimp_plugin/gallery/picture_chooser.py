"""File dialogs: for picture files, with a preview, and for preset files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin.libgtk import Gtk
from gimp_plugin.looks import thumbnails
from gimp_plugin.translation import _

if TYPE_CHECKING:
    from gimp_plugin.libgimp import Gio

SHOWN = 192  # pixels


def ask_picture(parent: Gtk.Window, current: Path | None) -> Path | None:
    """The chosen picture file; None if the user cancels. current: the file to begin with."""
    dialog = _dialog(_("Choose a style picture"), parent, Gtk.FileChooserAction.OPEN, _("_Open"))
    pictures = Gtk.FileFilter()
    pictures.set_name(_("Pictures"))
    pictures.add_mime_type("image/*")
    every = Gtk.FileFilter()
    every.set_name(_("All files"))
    every.add_pattern("*")
    dialog.add_filter(pictures)
    dialog.add_filter(every)
    seen = thumbnails.image(None, SHOWN)
    seen.show()
    dialog.set_preview_widget(seen)
    dialog.set_use_preview_label(False)
    dialog.set_preview_widget_active(False)
    dialog.connect("update-preview", _preview, seen)
    if current is not None:
        dialog.set_filename(str(current))
    return _answer(dialog)


def ask_preset_file(parent: Gtk.Window, suffix: str) -> Path | None:
    """The chosen preset file to import; None if the user cancels."""
    dialog = _dialog(_("Import a preset"), parent, Gtk.FileChooserAction.OPEN, _("_Import"))
    named = Gtk.FileFilter()
    named.set_name(_("Presets"))
    named.add_pattern(f"*{suffix}")
    dialog.add_filter(named)
    return _answer(dialog)


def ask_export(parent: Gtk.Window, name: str) -> Path | None:
    """The chosen path for an export; None if the user cancels. Asks before it replaces a file."""
    dialog = _dialog(_("Export the preset"), parent, Gtk.FileChooserAction.SAVE, _("_Export"))
    dialog.set_do_overwrite_confirmation(True)
    dialog.set_current_name(name)
    return _answer(dialog)


def _dialog(title: str, parent: Gtk.Window, action: Gtk.FileChooserAction, verb: str) -> Gtk.FileChooserDialog:
    dialog = Gtk.FileChooserDialog(title=title, transient_for=parent, modal=True, action=action)
    dialog.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
    dialog.add_button(verb, Gtk.ResponseType.ACCEPT)
    dialog.set_default_response(Gtk.ResponseType.ACCEPT)
    dialog.set_local_only(True)
    return dialog


def _answer(dialog: Gtk.FileChooserDialog) -> Path | None:
    try:
        accepted = dialog.run() == Gtk.ResponseType.ACCEPT
        file: Gio.File | None = dialog.get_file() if accepted else None
    finally:
        dialog.destroy()
    path = file.get_path() if file is not None else None
    return Path(path) if path else None


def _preview(dialog: Gtk.FileChooserDialog, seen: Gtk.Image) -> None:
    name = dialog.get_preview_filename()
    picture = thumbnails.of_file(Path(name), 2 * SHOWN) if name else None
    dialog.set_preview_widget_active(picture is not None)
    if picture is not None:
        seen.set_from_gicon(picture, Gtk.IconSize.DIALOG)
        seen.set_pixel_size(SHOWN)
