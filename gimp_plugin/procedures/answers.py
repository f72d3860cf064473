"""Return values of procedures: results after a success, otherwise an error with one sentence."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from gimp_plugin.engine_words import in_a_line
from gimp_plugin.libgimp import Gimp, GLib, GObject
from gimp_plugin.wording import capitalized, of_bug
from nst_core.shared.errors import CancelledError, NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def of_layers(procedure: Gimp.Procedure, make: Callable[[], Sequence[Gimp.Layer]]) -> Gimp.ValueArray:
    """Call `make`, and return its layers or its error."""
    try:
        layers = make()
    except CancelledError as cancelled:
        return refusal(procedure, Gimp.PDBStatusType.CANCEL, str(cancelled))
    except NeuralStyleError as error:
        return refusal(procedure, Gimp.PDBStatusType.EXECUTION_ERROR, in_a_line(error))
    except Exception as bug:  # noqa: BLE001 - GIMP must get an answer to every call
        traceback.print_exc()
        return refusal(procedure, Gimp.PDBStatusType.EXECUTION_ERROR, str(NeuralStyleError(*of_bug(bug))))
    # PyGObject cannot put an array of layers into a GValue; a config can, and returns it in a form that a GValue takes.
    carrier = procedure.create_config()
    carrier.set_core_object_array("drawables", layers)
    value = GObject.Value(GObject.type_from_name("GimpCoreObjectArray"))
    value.set_boxed(carrier.get_property("drawables"))
    return _success(procedure, value)


def of_texts(procedure: Gimp.Procedure, *lists: Sequence[str]) -> Gimp.ValueArray:
    """Return lists of texts."""
    return _success(procedure, *(GObject.Value(GObject.TYPE_STRV, list(texts)) for texts in lists))


def of_text(procedure: Gimp.Procedure, text: str) -> Gimp.ValueArray:
    """Return a text."""
    return _success(procedure, GObject.Value(GObject.TYPE_STRING, text))


def refusal(procedure: Gimp.Procedure, status: Gimp.PDBStatusType, sentence: str) -> Gimp.ValueArray:
    """Return an error."""
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), capitalized(sentence), 0)
    return procedure.new_return_values(status, error)


def _success(procedure: Gimp.Procedure, *found: GObject.Value) -> Gimp.ValueArray:
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    for place, value in enumerate(found, start=1):
        values.remove(place)
        values.insert(place, value)
    return values
