"""The few things to choose before a painted layer is refined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.libgtk import GimpUi
from gimp_plugin.translation import _
from nst_core.errors import CancelledError
from nst_core.settings import knobs

if TYPE_CHECKING:
    from gimp_plugin.libgimp import Gimp


def ask(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig) -> None:
    """Let the artist set `config`. Raises CancelledError if she closes the window."""
    GimpUi.init("neural-style")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, _("Refine This Layer"))
    dialog.set_ok_label(_("_Refine"))
    dialog.fill([arguments.property_name(named.name) for named in knobs() if not named.knob.expert])
    try:
        if not dialog.run():
            raise CancelledError(_("the dialog was closed"))
    finally:
        dialog.destroy()
