"""The procedure as GIMP knows it: its name, its place in the menus, its arguments, how it answers.

GIMP asks for it at its own start: nothing here starts the engine, scans a disk or touches the network.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from gimp_plugin import arguments
from gimp_plugin.libgimp import Gimp, GLib, GObject
from gimp_plugin.run import run
from nst_core.errors import CancelledError, NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "plug-in-neural-style"
LAYERS = "layers"


class NeuralStyle(Gimp.PlugIn):  # type: ignore[misc] # gi ships no types
    """The plug-in: one procedure."""

    def do_query_procedures(self) -> list[str]:
        """Names of the procedures."""
        return [NAME]

    def do_set_i18n(self, _name: str) -> bool:
        """No translations yet."""
        return False

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """The procedure of that name."""
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, answer, None)
        procedure.set_image_types("*")  # indexed images too: a sentence says more than a grey menu entry
        some = Gimp.ProcedureSensitivityMask
        procedure.set_sensitivity_mask(some.DRAWABLE | some.DRAWABLES | some.NO_DRAWABLES)
        procedure.set_menu_label("_Neural Style…")
        procedure.add_menu_path("<Image>/Filters/Artistic")
        procedure.set_documentation(
            "Paint the selected layers in the manner of a picture",
            "Optimises each selected layer until it has the forms of the layer and the strokes and colours of the "
            "style, and puts the result on a new layer above it. A selection becomes the new layer's mask.",
            name,
        )
        procedure.set_attribution("Neural Style for GIMP", "MIT License", "2026")
        arguments.declare(procedure)
        procedure.add_core_object_array_return_value(
            LAYERS,
            "New layers",
            "The new layers, in the order of the drawables.",
            Gimp.Layer.__gtype__,
            arguments.FLAGS,
        )
        return procedure


def answer(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    _extra: Any,
) -> Gimp.ValueArray:
    """Run, and tell GIMP how it went."""
    try:
        layers = run(procedure, run_mode, image, drawables, config)
    except CancelledError as cancelled:
        return _refusal(procedure, Gimp.PDBStatusType.CANCEL, str(cancelled))
    except NeuralStyleError as error:
        return _refusal(procedure, Gimp.PDBStatusType.EXECUTION_ERROR, str(error))
    except Exception as bug:  # noqa: BLE001 - whatever goes wrong, GIMP gets an answer
        traceback.print_exc()
        return _refusal(procedure, Gimp.PDBStatusType.EXECUTION_ERROR, f"the plug-in failed ({bug!r})")
    finally:
        # GIMP writes the arguments into the image after a success: the artist's path does not belong in there.
        config.set_property(arguments.STYLE_FILE, None)
    return _success(procedure, layers)


def _success(procedure: Gimp.Procedure, layers: Sequence[Gimp.Layer]) -> Gimp.ValueArray:
    # Python cannot put an array of layers into a value itself; a config can, and hands it out in a form a value takes.
    carrier = procedure.create_config()
    carrier.set_core_object_array("drawables", layers)
    value = GObject.Value(GObject.type_from_name("GimpCoreObjectArray"))
    value.set_boxed(carrier.get_property("drawables"))
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, value)
    return values


def _refusal(procedure: Gimp.Procedure, status: Gimp.PDBStatusType, sentence: str) -> Gimp.ValueArray:
    if "." not in sentence.split(maxsplit=1)[0]:  # a file name is left as it is
        sentence = sentence[:1].upper() + sentence[1:]
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), sentence, 0)
    return procedure.new_return_values(status, error)
