"""What a program that is nothing but the engine sets for itself: limits and habits of the whole process.

The worker, the command and the workers of a cluster call this when they start. Importing the library changes none of
it: that belongs to the program that imports.
"""

from __future__ import annotations

import sys
import warnings

from nst_core.shared.image_header import MOST_PIXELS
from nst_core.system.memory import return_freed


def set_process_defaults() -> None:
    """Raise Pillow's limit to MOST_PIXELS, silence the warnings of libraries, and give freed memory back early."""
    from PIL import Image  # noqa: PLC0415 - takes a moment, and must not precede the worker's Ready

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow itself refuses twice this much while it opens a file
    if not sys.warnoptions:  # whoever asks Python for warnings gets them
        warnings.simplefilter("ignore")
    return_freed()
