"""The procedure's arguments: made from nst_core.shared.settings, read back into Settings.

Scripts rely on the names: none is renamed, reordered or removed after a release.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gimp, GObject
from gimp_plugin.translation import _
from gimp_plugin.widgets.access_keys import with_keys
from nst_core.shared.errors import InvalidImageError
from nst_core.shared.settings import Setting, Value, all_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESET, STYLE_FILE, OUTPUT, AS_SEEN = "preset", "style-file", "output", "as-seen"
STYLES, WEIGHTS, REGIONS = "styles", "weights", "regions"
STRENGTH_MAP = "strength-map"
INPUT, LAYERS, VISIBLE = "input", "layers", "visible"
RUN_ARGUMENTS = (INPUT, OUTPUT, AS_SEEN)
DEFAULT_PRESET = "linocut"
FLAGS = GObject.ParamFlags.READWRITE


def declare_preset(procedure: Gimp.Procedure) -> None:
    """Add the arguments that name one style."""
    about_preset = _("Name of a preset. A setting left at its default follows the preset.")
    procedure.add_string_argument(PRESET, _("_Preset"), about_preset, DEFAULT_PRESET, FLAGS)
    about_file = _("A picture to take the style from, instead of the preset.")
    # Any file, existing or not: GIMP would refuse a missing one without a message.
    kind = Gimp.FileChooserAction.ANY
    procedure.add_file_argument(STYLE_FILE, _("S_tyle picture"), about_file, kind, True, None, FLAGS)  # noqa: FBT003 - may be none


def declare_styles(procedure: Gimp.Procedure) -> None:
    """Add the arguments that name several styles. They are newer, so they come last: positions must not change."""
    about_styles = _(
        "Several styles, instead of the preset: names of presets, and “file PATH”, “layer ID”, “image ID” for others."
    )
    procedure.add_string_array_argument(STYLES, _("Styles"), about_styles, FLAGS)
    about_weights = _("The weight of each style, as text; without, all count the same.")
    procedure.add_string_array_argument(WEIGHTS, _("Weights"), about_weights, FLAGS)
    about_regions = _(
        "Where each style counts: “inside” and “outside” of the selection, where “channel NAME” or “mask LAYER” is "
        "white; an empty text is everywhere."
    )
    procedure.add_string_array_argument(REGIONS, _("Regions"), about_regions, FLAGS)


def declare_strength_map(procedure: Gimp.Procedure) -> None:
    """Add the argument that says where the strength counts: a text, so that GIMP saves it with the others."""
    about = _(
        "Where the strength counts: “inside” or “outside” of the selection, where “channel NAME”, “mask LAYER” or "
        "“drawable ID” is white; an empty text is everywhere."
    )
    procedure.add_string_argument(STRENGTH_MAP, _("_Where"), about, "", FLAGS)


def declare_input(procedure: Gimp.Procedure) -> None:
    """Add the argument that says what is painted."""
    choice = Gimp.Choice.new()
    choice.add(LAYERS, 0, _("Selected layers"), _("Each selected layer by itself; a group as it looks."))
    about_visible = _("All visible layers together, as the image looks. The painting lies on top of them.")
    choice.add(VISIBLE, 1, _("Image as visible"), about_visible)
    procedure.add_choice_argument(INPUT, _("P_aint"), _("What is painted."), choice, LAYERS, FLAGS)


def declare_settings(procedure: Gimp.Procedure) -> None:
    """Add an argument for each setting."""
    labels = with_keys([_(setting.info.label) for setting in all_settings()])
    for setting, label in zip(all_settings(), labels, strict=True):
        _declare(procedure, setting, label)


def declare_output(procedure: Gimp.Procedure) -> None:
    """Add the arguments for the kind of the result, and for painting with or without effects."""
    choice = Gimp.Choice.new()
    choice.add("layer", 0, _("New layer"), _("A layer above the painted one."))
    about_group = _("A group above the painted layer, with light and colour apart; its opacity is the strength.")
    choice.add("editable", 1, _("Group to fine-tune"), about_group)
    choice.add("image", 2, _("New image"), _("An image of its own, of the same size, precision and colour profile."))
    about_output = _("How the painting comes into GIMP.")
    procedure.add_choice_argument(OUTPUT, _("_Output"), about_output, choice, "layer", FLAGS)
    about_seen = _("Paint a layer with its non-destructive effects; otherwise without them.")
    procedure.add_boolean_argument(AS_SEEN, _("As see_n"), about_seen, True, FLAGS)  # noqa: FBT003 - the default


def forget_styles(config: Gimp.ProcedureConfig) -> None:
    """Remove all paths from a config, because GIMP saves it in the image after a success."""
    config.set_property(STYLE_FILE, None)
    config.set_property(STYLES, [])


def property_name(setting: str) -> str:
    """GIMP's spelling of a setting's name."""
    return setting.replace("_", "-")


def values_of(config: Gimp.ProcedureConfig) -> dict[str, Value]:
    """All settings in a config."""
    return {setting.name: config.get_property(property_name(setting.name)) for setting in all_settings()}


def run_arguments(config: Gimp.ProcedureConfig) -> dict[str, str | bool]:
    """What is painted and how it comes into GIMP."""
    return {name: config.get_property(name) for name in RUN_ARGUMENTS}


def write_run_arguments(config: Gimp.ProcedureConfig, values: Mapping[str, object]) -> None:
    """Put what `run_arguments` returned into a config, as far as it is valid."""
    for name in RUN_ARGUMENTS:
        spec, value = config.find_property(name), values.get(name)
        known = (True, False)
        if spec.value_type != GObject.TYPE_BOOLEAN:
            known = Gimp.param_spec_choice_get_choice(spec).list_nicks()
        if value in known:
            config.set_property(name, value)


def style_path(config: Gimp.ProcedureConfig) -> Path | None:
    """The chosen style picture; None for the preset's. Raises InvalidImageError for one that is not on this machine."""
    file = config.get_property(STYLE_FILE)
    if file is None:
        return None
    path = file.get_path()
    if path is None:
        raise InvalidImageError(_("the style picture is not a file on this machine"), _("save it to a folder first"))
    return Path(path)


def strength_region(config: Gimp.ProcedureConfig) -> str:
    """Key of the region in which the strength counts; empty: everywhere."""
    return config.get_property(STRENGTH_MAP) or ""


def write(config: Gimp.ProcedureConfig, values: Mapping[str, Value]) -> None:
    """Put settings into a config."""
    for name, value in values.items():
        config.set_property(property_name(name), value)


def follow(values: Mapping[str, Value], preset: Mapping[str, Value]) -> dict[str, Value]:
    """`values`, with those that have their defaults replaced by those of the preset."""
    defaults = {setting.name: setting.default for setting in all_settings()}
    return {name: preset.get(name, value) if value == defaults[name] else value for name, value in values.items()}


def _declare(procedure: Gimp.Procedure, setting: Setting, label: str) -> None:
    info, default = setting.info, setting.default
    head = (property_name(setting.name), label, _(info.help))
    if setting.type is bool:
        procedure.add_boolean_argument(*head, default, FLAGS)
    elif setting.type is int:
        procedure.add_int_argument(*head, int(info.low), int(info.high), default, FLAGS)
    elif setting.type is float:
        procedure.add_double_argument(*head, info.low, info.high, default, FLAGS)
    else:
        choice = Gimp.Choice.new()
        for number, option in enumerate(info.options):
            choice.add(option.name, number, _(option.label), _(option.help))
        procedure.add_choice_argument(*head, choice, default, FLAGS)
