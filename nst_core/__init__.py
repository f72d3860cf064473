"""Neural Style: stylize pictures by the VGG19 optimisation of Gatys et al., with or without PyTorch.

    from nst_core import Settings, load_preset, stylize

docs/python.md shows how they are used. They are loaded when first used: the GIMP plug-in imports this file and `shared`
in a Python that has no numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nst_core.painting.job import Job, Outcome, Style, preset_styles
    from nst_core.painting.run import Run, stylize
    from nst_core.shared.planning.progress import Progress
    from nst_core.shared.presets.lookup import load_preset
    from nst_core.shared.settings import Settings

__version__ = "0.1.0"
__all__ = ["Job", "Outcome", "Progress", "Run", "Settings", "Style", "load_preset", "preset_styles", "stylize"]

_HOME = {
    "Progress": "shared.planning.progress",
    "Settings": "shared.settings",
    "load_preset": "shared.presets.lookup",
    "Run": "painting.run",
    "stylize": "painting.run",
}
"""Where a name is, if not in `painting.job`."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME.get(name, 'painting.job')}"), name)
