"""The procedures of the plug-in: names, menu entries, arguments.

GIMP queries them when it starts, so nothing here starts the engine, scans a disk or uses the network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gimp_plugin import arguments
from gimp_plugin.libgimp import Gimp
from gimp_plugin.procedures import answers, check_setup
from gimp_plugin.procedures.call import Call
from gimp_plugin.procedures.repetition import refine, repeat
from gimp_plugin.procedures.run import run
from gimp_plugin.translation import _
from nst_core.shared.presets import lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "plug-in-neural-style"
REPEAT, REFINE, PRESETS = f"{NAME}-repeat", f"{NAME}-refine", f"{NAME}-presets"
DOCTOR = f"{NAME}-doctor"
MENU = "<Image>/Filters/Artistic"
LAYERS = "layers"


@dataclass(frozen=True)
class Filter:
    """A procedure that makes new layers of the selected ones. declare: functions that add its arguments."""

    label: str
    blurb: str
    about: str
    work: Callable[[Call], list[Gimp.Layer]]
    declare: tuple[Callable[[Gimp.Procedure], None], ...]


FILTERS = {
    NAME: Filter(
        _("_Neural Style…"),
        _("Paint the selected layers in the manner of a picture"),
        _(
            "Paints each selected layer anew, with the forms of the layer and the strokes and colours of the style, "
            "on a new layer above it. A selection becomes the new layer's mask."
        ),
        run,
        (
            arguments.declare_preset,
            arguments.declare_settings,
            arguments.declare_output,
            arguments.declare_styles,
            arguments.declare_strength_map,
            arguments.declare_input,
        ),
    ),
    REPEAT: Filter(
        _("Neural Style: R_epeat on This Layer"),
        _("Paint the selected layers like one that was painted before"),
        _(
            "Takes style and settings from the painted layer among the selected ones, and paints the others. With no "
            "painted layer among them, the latest one of the image is followed; with nothing else, it is painted anew."
        ),
        repeat,
        (arguments.declare_output,),
    ),
    REFINE: Filter(
        _("Neural Style: Ref_ine This Layer…"),
        _("Go on painting a layer that was painted before"),
        _(
            "Starts from the painted layer as it is now, with its style, towards the layer it was painted from if that "
            "is still there. A setting left at its default stays as it was."
        ),
        refine,
        (arguments.declare_settings, arguments.declare_output),
    ),
}


class NeuralStyle(Gimp.PlugIn):  # type: ignore[misc] # gi ships no types
    """The plug-in: the filter, its repetition and refinement, and procedures for scripts."""

    def do_query_procedures(self) -> list[str]:
        """Names of the procedures."""
        return [*FILTERS, PRESETS, DOCTOR]

    def do_set_i18n(self, _name: str) -> bool:
        """No catalogs for GIMP: its texts are translated already."""
        return False

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """The procedure of that name."""
        procedure = _filter(self, name) if name in FILTERS else {PRESETS: _presets, DOCTOR: _doctor}[name](self)
        procedure.set_attribution("Neural Style for GIMP", "MIT License", "2026")
        return procedure


def _filter(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    declared = FILTERS[name]
    procedure = Gimp.ImageProcedure.new(plug_in, name, Gimp.PDBProcType.PLUGIN, answer_call, None)
    procedure.set_image_types("*")  # indexed images too: an error message says more than a disabled menu entry
    some = Gimp.ProcedureSensitivityMask
    procedure.set_sensitivity_mask(some.DRAWABLE | some.DRAWABLES | some.NO_DRAWABLES)
    procedure.set_menu_label(declared.label)
    procedure.add_menu_path(MENU)
    procedure.set_documentation(declared.blurb, declared.about, name)
    for declare in declared.declare:
        declare(procedure)
    about = _("The new layers, in the order of the drawables.")
    kind = Gimp.Layer.__gtype__
    procedure.add_core_object_array_return_value(LAYERS, _("New layers"), about, kind, arguments.FLAGS)
    return procedure


def answer_call(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    _extra: Any,
) -> Gimp.ValueArray:
    """What GIMP gets for a call of one of FILTERS: the new layers, or an error."""
    name = procedure.get_name()
    call = Call(run_mode, image, drawables, config)
    try:
        return answers.of_layers(procedure, lambda: FILTERS[name].work(call))
    finally:
        if name == NAME:
            arguments.forget_styles(config)


def _presets(plug_in: Gimp.PlugIn) -> Gimp.Procedure:
    procedure = Gimp.Procedure.new(plug_in, PRESETS, Gimp.PDBProcType.PLUGIN, _list_presets, None)
    procedure.set_documentation(
        _("List the presets of Neural Style"), _("Built-in ones first, then the artist's own."), PRESETS
    )
    about = _("Names, as the filter's argument takes them.")
    procedure.add_string_array_return_value("names", _("Names"), about, arguments.FLAGS)
    about = _("Titles, in the same order.")
    procedure.add_string_array_return_value("titles", _("Titles"), about, arguments.FLAGS)
    return procedure


def _doctor(plug_in: Gimp.PlugIn) -> Gimp.Procedure:
    procedure = Gimp.Procedure.new(plug_in, DOCTOR, Gimp.PDBProcType.PLUGIN, check_setup.run, None)
    procedure.set_documentation(
        _("Check the set-up of Neural Style, and say what to do about what is wrong"),
        _("Starts the engine, tries everything that it needs, and says in a line each what works."),
        DOCTOR,
    )
    procedure.set_menu_label(_("Neural Style: Chec_k Set-up…"))
    procedure.add_menu_path(MENU)
    mode = (Gimp.RunMode.__gtype__, Gimp.RunMode.INTERACTIVE)
    procedure.add_enum_argument("run-mode", _("Run mode"), _("With or without a window."), *mode, arguments.FLAGS)
    about = _("Try the backends as well, which takes some seconds.")
    procedure.add_boolean_argument(check_setup.THOROUGH, _("_Thorough"), about, True, arguments.FLAGS)  # noqa: FBT003 - the default
    about = _("What was found, as JSON.")
    procedure.add_string_return_value("report", _("Report"), about, "", arguments.FLAGS)
    return procedure


def _list_presets(procedure: Gimp.Procedure, _config: Gimp.ProcedureConfig, _extra: Any) -> Gimp.ValueArray:
    found = lookup.list_presets().presets
    return answers.of_texts(procedure, [preset.slug for preset in found], [preset.title for preset in found])
