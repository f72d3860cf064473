"""The recipe: how a picture came about, small enough to travel with it, without any path."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from nst_core import __version__
from nst_core.job import Job, Style
from nst_core.settings import to_mapping

FORMAT = 1


def recipe(job: Job) -> dict[str, Any]:
    """Engine version, settings, size, and digests of the styles' pixels."""
    height, width = job.content.shape[:2]
    return {
        "format": FORMAT,
        "engine": __version__,
        "settings": to_mapping(job.settings),
        "size": [width, height],
        "styles": [{"sha256": _digest(style), "weight": style.weight} for style in job.styles],
    }


def _digest(style: Style) -> str:
    """Of the pixels as 8-bit values, so that the same picture in another file is the same style."""
    return hashlib.sha256((style.pixels * 255).round().astype(np.uint8).tobytes()).hexdigest()
