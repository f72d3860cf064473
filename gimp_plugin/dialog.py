"""The filter's window: GIMP's own procedure dialog, with a choice of presets on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")

from gi.repository import GimpUi, GObject, Gtk  # noqa: E402 - the versions must be chosen first

from gimp_plugin import arguments  # noqa: E402
from nst_core import presets  # noqa: E402
from nst_core.errors import CancelledError, NeuralStyleError  # noqa: E402
from nst_core.settings import knobs  # noqa: E402

if TYPE_CHECKING:
    from gimp_plugin.libgimp import Gimp

SPACE = 12  # pixels


def ask(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig) -> None:
    """Let the artist set `config`. Raises CancelledError if she closes the window."""
    GimpUi.init("neural-style")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Neural Style")
    dialog.set_ok_label("_Stylize")
    combo = _preset_choice(config)
    _adopt_if_untouched(config)
    row = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=SPACE, border_width=SPACE)
    row.pack_start(Gtk.Label(label="_Preset", use_underline=True, mnemonic_widget=combo), False, False, 0)  # noqa: FBT003
    row.pack_start(combo, True, True, 0)  # noqa: FBT003
    row.show_all()
    dialog.get_content_area().pack_start(row, False, False, 0)  # noqa: FBT003
    dialog.fill([arguments.STYLE_FILE, *_names(expert=False), _experts(dialog)])
    combo.connect("changed", lambda _combo: _adopt(config))
    try:
        if not dialog.run():
            raise CancelledError("the dialog was closed")
    finally:
        dialog.destroy()


def _names(*, expert: bool) -> list[str]:
    return [arguments.property_name(named.name) for named in knobs() if named.knob.expert is expert]


def _experts(dialog: GimpUi.ProcedureDialog) -> str:
    dialog.get_label("experts-title", "More settings", False, True)  # noqa: FBT003 - no markup, but a mnemonic
    dialog.fill_box("experts-box", _names(expert=True))
    dialog.fill_expander("experts", "experts-title", False, "experts-box")  # noqa: FBT003 - closed at first
    return "experts"


def _preset_choice(config: Gimp.ProcedureConfig) -> Gtk.ComboBoxText:
    combo = Gtk.ComboBoxText()
    for preset in presets.list_presets().presets:
        combo.append(preset.slug, preset.title)
    flags = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
    config.bind_property(arguments.PRESET, combo, "active-id", flags)
    return combo


def _adopt_if_untouched(config: Gimp.ProcedureConfig) -> None:
    values = arguments.values_of(config)
    if all(values[named.name] == named.default for named in knobs() if named.knob.scope == "look"):
        _adopt(config)


def _adopt(config: Gimp.ProcedureConfig) -> None:
    """Show what the chosen preset says; the artist may go on from there."""
    try:
        preset = presets.load_preset(config.get_property(arguments.PRESET))
    except NeuralStyleError:  # said when she presses Stylize
        return
    looks = {named.name: named.default for named in knobs() if named.knob.scope == "look"}
    arguments.write(config, {**looks, **preset.settings})
