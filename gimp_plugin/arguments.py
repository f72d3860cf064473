"""The procedure's arguments: made from nst_core.settings, read back into Settings.

Scripts rely on the names: none is renamed, reordered or removed after a release.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gimp, GObject
from nst_core.errors import InvalidImageError
from nst_core.settings import NamedKnob, Value, knobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PRESET, STYLE_FILE = "preset", "style-file"
DEFAULT_PRESET = "swirling-impasto"
FLAGS = GObject.ParamFlags.READWRITE
TAKEN = "scorlhzptm"  # letters the dialog's other parts answer to


def declare(procedure: Gimp.Procedure) -> None:
    """Add all arguments to a procedure."""
    named = list(knobs())
    labels = mnemonics([entry.knob.label for entry in named])
    about_preset = "Name of a preset. A setting left at its default follows the preset."
    procedure.add_string_argument(PRESET, "_Preset", about_preset, DEFAULT_PRESET, FLAGS)
    about_file = "A picture to take the style from, instead of the preset."
    # Any file, existing or not: GIMP would refuse a missing one without a word.
    kind = Gimp.FileChooserAction.ANY
    procedure.add_file_argument(STYLE_FILE, "S_tyle picture", about_file, kind, True, None, FLAGS)  # noqa: FBT003 - may be none
    for entry, label in zip(named, labels, strict=True):
        _declare(procedure, entry, label)


def property_name(setting: str) -> str:
    """GIMP's spelling of a setting's name."""
    return setting.replace("_", "-")


def values_of(config: Gimp.ProcedureConfig) -> dict[str, Value]:
    """The settings in a config, all of them."""
    return {named.name: config.get_property(property_name(named.name)) for named in knobs()}


def style_path(config: Gimp.ProcedureConfig) -> Path | None:
    """The style picture chosen, None for the preset's. Raises InvalidImageError for one that is not on this machine."""
    file = config.get_property(STYLE_FILE)
    if file is None:
        return None
    path = file.get_path()
    if path is None:
        raise InvalidImageError("the style picture is not a file on this machine", "save it to a folder first")
    return Path(path)


def write(config: Gimp.ProcedureConfig, values: Mapping[str, Value]) -> None:
    """Put settings into a config."""
    for name, value in values.items():
        config.set_property(property_name(name), value)


def follow(values: Mapping[str, Value], preset: Mapping[str, Value]) -> dict[str, Value]:
    """`values`, with those at their defaults replaced by what the preset says."""
    defaults = {named.name: named.default for named in knobs()}
    return {name: preset.get(name, value) if value == defaults[name] else value for name, value in values.items()}


def mnemonics(labels: Iterable[str], taken: str = TAKEN) -> list[str]:
    """The labels, each with an underscore before a letter of its own as far as there are letters."""
    used = set(taken)
    marked = []
    for label in labels:
        at = next((i for i, letter in enumerate(label.lower()) if letter.isalpha() and letter not in used), None)
        if at is None:
            marked.append(label)
        else:
            used.add(label[at].lower())
            marked.append(f"{label[:at]}_{label[at:]}")
    return marked


def _declare(procedure: Gimp.Procedure, named: NamedKnob, label: str) -> None:
    knob, default = named.knob, named.default
    head = (property_name(named.name), label, knob.help)
    if named.type is bool:
        procedure.add_boolean_argument(*head, default, FLAGS)
    elif named.type is int:
        procedure.add_int_argument(*head, int(knob.low), int(knob.high), default, FLAGS)
    elif named.type is float:
        procedure.add_double_argument(*head, knob.low, knob.high, default, FLAGS)
    else:
        choice = Gimp.Choice.new()
        for number, option in enumerate(knob.options):
            choice.add(option.name, number, option.label, option.help)
        procedure.add_choice_argument(*head, choice, default, FLAGS)
