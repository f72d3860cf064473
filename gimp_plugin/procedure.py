"""The plug-in as GIMP knows it: its procedures, their names, their places in the menus, their arguments.

GIMP asks for them at its own start: nothing here starts the engine, scans a disk or touches the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gimp_plugin import answers, arguments
from gimp_plugin.libgimp import Gimp
from gimp_plugin.repetition import refine, repeat
from gimp_plugin.run import run
from gimp_plugin.translation import _
from nst_core import presets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAME = "plug-in-neural-style"
REPEAT, REFINE, PRESETS = f"{NAME}-repeat", f"{NAME}-refine", f"{NAME}-presets"
LAYERS = "layers"


class NeuralStyle(Gimp.PlugIn):  # type: ignore[misc] # gi ships no types
    """The plug-in: the filter itself, what continues its paintings, and what scripts ask for."""

    def do_query_procedures(self) -> list[str]:
        """Names of the procedures."""
        return [NAME, REPEAT, REFINE, PRESETS]

    def do_set_i18n(self, _name: str) -> bool:
        """GIMP need not look for catalogs: the texts it gets are translated already."""
        return False

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """The procedure of that name."""
        make = {NAME: _stylize, REPEAT: _repeat, REFINE: _refine, PRESETS: _presets}[name]
        procedure = make(self)
        procedure.set_attribution("Neural Style for GIMP", "MIT License", "2026")
        return procedure


def _stylize(plug_in: Gimp.PlugIn) -> Gimp.Procedure:
    procedure = _of_layers(plug_in, NAME, _("_Neural Style…"), run)
    procedure.set_documentation(
        _("Paint the selected layers in the manner of a picture"),
        _(
            "Optimises each selected layer until it has the forms of the layer and the strokes and colours of the "
            "style, and puts the result on a new layer above it. A selection becomes the new layer's mask."
        ),
        NAME,
    )
    arguments.declare(procedure)
    return procedure


def _repeat(plug_in: Gimp.PlugIn) -> Gimp.Procedure:
    procedure = _of_layers(plug_in, REPEAT, _("Neural Style: _Repeat on This Layer"), repeat)
    procedure.set_documentation(
        _("Paint the selected layers like one that was painted before"),
        _(
            "Takes style and settings from the painted layer among the selected ones, and paints the others. With no "
            "painted layer among them, the latest one of the image is followed; with nothing else, it is painted anew."
        ),
        REPEAT,
    )
    arguments.declare_output(procedure)
    return procedure


def _refine(plug_in: Gimp.PlugIn) -> Gimp.Procedure:
    procedure = _of_layers(plug_in, REFINE, _("Neural Style: Re_fine This Layer…"), refine)
    procedure.set_documentation(
        _("Go on painting a layer that was painted before"),
        _(
            "Starts from the painted layer as it is now, with its style, towards the layer it was painted from if that "
            "is still there. A setting left at its default stays as it was."
        ),
        REFINE,
    )
    arguments.declare_settings(procedure)
    arguments.declare_output(procedure)
    return procedure


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


def _list_presets(procedure: Gimp.Procedure, _config: Gimp.ProcedureConfig, _extra: Any) -> Gimp.ValueArray:
    found = presets.list_presets().presets
    return answers.of_texts(procedure, [preset.slug for preset in found], [preset.title for preset in found])


def _of_layers(plug_in: Gimp.PlugIn, name: str, label: str, work: Callable[..., list[Gimp.Layer]]) -> Gimp.Procedure:
    """A procedure that makes new layers of the selected ones."""

    def answer(
        procedure: Gimp.Procedure,
        run_mode: Gimp.RunMode,
        image: Gimp.Image,
        drawables: Sequence[Gimp.Drawable],
        config: Gimp.ProcedureConfig,
        _extra: Any,
    ) -> Gimp.ValueArray:
        try:
            return answers.of_layers(procedure, lambda: work(procedure, run_mode, image, drawables, config))
        finally:
            # GIMP writes the arguments into the image after a success: the artist's path does not belong in there.
            if name == NAME:
                config.set_property(arguments.STYLE_FILE, None)

    procedure = Gimp.ImageProcedure.new(plug_in, name, Gimp.PDBProcType.PLUGIN, answer, None)
    procedure.set_image_types("*")  # indexed images too: a sentence says more than a grey menu entry
    some = Gimp.ProcedureSensitivityMask
    procedure.set_sensitivity_mask(some.DRAWABLE | some.DRAWABLES | some.NO_DRAWABLES)
    procedure.set_menu_label(label)
    procedure.add_menu_path("<Image>/Filters/Artistic")
    procedure.add_core_object_array_return_value(
        LAYERS,
        _("New layers"),
        _("The new layers, in the order of the drawables."),
        Gimp.Layer.__gtype__,
        arguments.FLAGS,
    )
    return procedure
