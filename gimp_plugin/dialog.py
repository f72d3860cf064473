"""The filter's window: GIMP's own procedure dialog, with a choice of presets on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.libgimp import GObject
from gimp_plugin.libgtk import GimpUi, Gtk
from nst_core import presets
from nst_core.errors import CancelledError, NeuralStyleError
from nst_core.settings import knobs

if TYPE_CHECKING:
    from gimp_plugin.libgimp import Gimp

SPACE = 12  # pixels


def ask(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig) -> None:
    """Let the artist set `config`. Raises CancelledError if she closes the window."""
    GimpUi.init("neural-style")
    file = config.get_property(arguments.STYLE_FILE)
    if file is not None and not file.query_exists():  # deleted since the last run
        config.set_property(arguments.STYLE_FILE, None)
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Neural Style")
    dialog.set_ok_label("Styli_ze")
    dialog.get_content_area().pack_start(_style_rows(config), expand=False, fill=False, padding=0)
    dialog.fill([*_names(expert=False), _experts(dialog)])
    try:
        if not dialog.run():
            raise CancelledError("the dialog was closed")
    finally:
        dialog.destroy()


def _style_rows(config: Gimp.ProcedureConfig) -> Gtk.Grid:
    """Where the style comes from: a preset, or a picture."""
    combo = _preset_choice(config)
    _adopt_if_untouched(config)
    combo.connect("changed", lambda _combo: _choose_preset(config))
    picture, clear = _picture_choice(config)
    rows = Gtk.Grid(row_spacing=SPACE // 2, column_spacing=SPACE, border_width=SPACE)
    for row, (label, widget) in enumerate((("_Preset", combo), ("S_tyle picture", picture))):
        rows.attach(Gtk.Label(label=label, use_underline=True, mnemonic_widget=widget, xalign=0.0), 0, row, 1, 1)
        rows.attach(widget, 1, row, 1, 1)
    rows.attach(clear, 2, 1, 1, 1)
    rows.show_all()
    return rows


def _picture_choice(config: Gimp.ProcedureConfig) -> tuple[Gtk.FileChooserButton, Gtk.Button]:
    chosen = Gtk.FileChooserButton(title="Style picture", action=Gtk.FileChooserAction.OPEN, hexpand=True)
    pictures = Gtk.FileFilter()
    pictures.add_pixbuf_formats()
    chosen.set_filter(pictures)
    clear = Gtk.Button.new_from_icon_name("edit-clear", Gtk.IconSize.BUTTON)
    clear.set_tooltip_text("Take the preset's style again")

    def show(*_: object) -> None:
        file = config.get_property(arguments.STYLE_FILE)
        clear.set_sensitive(file is not None)
        if file is None:
            chosen.unselect_all()
        else:
            chosen.set_file(file)

    config.connect(f"notify::{arguments.STYLE_FILE}", show)
    chosen.connect("file-set", lambda button: config.set_property(arguments.STYLE_FILE, button.get_file()))
    clear.connect("clicked", lambda _button: config.set_property(arguments.STYLE_FILE, None))
    show()
    return chosen, clear


def _names(*, expert: bool) -> list[str]:
    return [arguments.property_name(named.name) for named in knobs() if named.knob.expert is expert]


def _experts(dialog: GimpUi.ProcedureDialog) -> str:
    dialog.get_label("experts-title", "_More settings", is_markup=False, with_mnemonic=True)
    dialog.fill_box("experts-box", _names(expert=True))
    dialog.fill_expander("experts", "experts-title", False, "experts-box")  # noqa: FBT003 - closed at first
    return "experts"


def _preset_choice(config: Gimp.ProcedureConfig) -> Gtk.ComboBoxText:
    combo = Gtk.ComboBoxText()
    for preset in presets.list_presets().presets:
        combo.append(preset.slug, preset.title)
    flags = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
    config.bind_property(arguments.PRESET, combo, "active-id", flags)
    if combo.get_active_id() is None:  # the preset of the last run was deleted
        combo.set_active_id(arguments.DEFAULT_PRESET)
    return combo


def _adopt_if_untouched(config: Gimp.ProcedureConfig) -> None:
    values = arguments.values_of(config)
    own_picture = config.get_property(arguments.STYLE_FILE) is not None
    if not own_picture and all(values[named.name] == named.default for named in knobs() if named.knob.scope == "look"):
        _adopt(config)


def _choose_preset(config: Gimp.ProcedureConfig) -> None:
    config.set_property(arguments.STYLE_FILE, None)
    _adopt(config)


def _adopt(config: Gimp.ProcedureConfig) -> None:
    """Show what the chosen preset says; the artist may go on from there."""
    try:
        preset = presets.load_preset(config.get_property(arguments.PRESET))
    except NeuralStyleError:  # said when she presses Stylize
        return
    looks = {named.name: named.default for named in knobs() if named.knob.scope == "look"}
    arguments.write(config, {**looks, **preset.settings})
