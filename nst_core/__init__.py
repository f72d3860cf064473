"""Neural Style: stylise pictures by the VGG19 optimisation of Gatys et al., with or without PyTorch.

    from nst_core import Settings, load_preset, stylize

docs/python.md shows how they are used. They are loaded when first used: the GIMP plug-in imports the standard-library
modules of this package (errors, settings, protocol, presets, engine) in a Python that has no numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nst_core.job import preset_styles
    from nst_core.presets import load_preset
    from nst_core.run import Job, Outcome, Progress, Run, Style, stylize
    from nst_core.settings import Settings

__version__ = "0.1.0"
__all__ = ["Job", "Outcome", "Progress", "Run", "Settings", "Style", "load_preset", "preset_styles", "stylize"]

_HOME = {"Settings": "settings", "load_preset": "presets", "preset_styles": "job"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME.get(name, 'run')}"), name)
