"""Process-wide settings for programs of this project.

The worker, the command and the workers of a cluster call this when they start. Importing the library does not change
these settings, because they belong to the program that imports it.
"""

from __future__ import annotations

import sys
import warnings

from nst_core.shared.image_header import MAX_PIXELS
from nst_core.system.memory import return_freed


def set_process_defaults() -> None:
    """Raise Pillow's limit to MAX_PIXELS, silence the warnings of libraries, and return freed memory early."""
    from PIL import Image  # noqa: PLC0415 - takes a moment, and must not precede the worker's Ready

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow itself refuses twice this much while it opens a file
    if not sys.warnoptions:  # warnings that were asked for by Python's options stay
        warnings.simplefilter("ignore")
    return_freed()
