"""The procedure of the check: with a window that shows the findings as they come, or for a script."""

from __future__ import annotations

import json
import platform
from typing import Any

from gimp_plugin.libgimp import Gimp
from gimp_plugin.procedures import answers
from gimp_plugin.start import examine
from nst_core import __version__
from nst_core.shared.wire.findings import Finding, to_mapping

THOROUGH = "thorough"


def run(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, _extra: Any) -> Gimp.ValueArray:
    """Examine; returns the report as JSON."""
    found: list[Finding] = []
    thorough = bool(config.get_property(THOROUGH))
    if config.get_property("run-mode") == Gimp.RunMode.NONINTERACTIVE:
        found.append(_gimp_finding())
        examine(found.append, thorough=thorough)
    else:
        from gimp_plugin.checkup.window import show  # noqa: PLC0415 - needs a screen

        found = show(_gimp_finding(), lambda tell: examine(tell, thorough=thorough))
    return answers.of_text(procedure, json.dumps(to_mapping(found, __version__)))


def _gimp_finding() -> Finding:
    """The finding on this GIMP, which runs the plug-in. To be called in the main thread."""
    where = f"{Gimp.version()}, Python {platform.python_version()}, {Gimp.directory()}"
    return Finding("gimp", "ok", f"{where}: loads the plug-in, version {__version__}")
