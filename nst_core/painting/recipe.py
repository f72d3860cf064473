"""The recipe: everything needed to repeat a painting, as a small mapping without file paths."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from nst_core import __version__
from nst_core.backends.base import Backend
from nst_core.imaging.arrays import Float
from nst_core.painting.job import Job, Style
from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.settings import all_settings, to_mapping
from nst_core.system import processor, threads

FORMAT = 1
MAKER_FIELDS = {"backend": "name", "device": "device", "precision": "precision"}
"""Fields of a recipe on the backend, and the attributes of the backend for them."""
MACHINE_FIELDS: dict[str, Callable[[], str]] = {
    "processor": processor.processor,
    "threads": lambda: f"{threads.count()} threads",
    "libraries": processor.libraries,
    "kernels": processor.kernels,
}
"""Fields of a recipe on the machine; old recipes lack them."""


def recipe(job: Job, backend: Backend | None = None) -> dict[str, Any]:
    """Engine version, settings of the look and the run, size, and digests of all pictures.

    backend: the one that computed the picture; None if nothing was computed.
    """
    height, width = job.content.shape[:2]
    made = {}
    if backend:
        made = {name: getattr(backend, attribute) for name, attribute in MAKER_FIELDS.items()}
        made |= {name: read() for name, read in MACHINE_FIELDS.items()}
    return {
        "format": FORMAT,
        "engine": __version__,
        "settings": without_machine_settings(to_mapping(job.settings)),
        "size": [width, height],
        "styles": [_style(style) for style in job.styles],
        **_digests(mask=job.mask, init=job.init, strength_map=job.strength_map),
        **({"made": made} if made else {}),
    }


def without_machine_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without those of the machine, which are chosen anew for each run. Old recipes contain them."""
    machine = {setting.name for setting in all_settings() if setting.info.scope == "machine"}
    return {name: value for name, value in settings.items() if name not in machine}


def describe_maker_difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """A note if the recipe `wanted` was made by another backend or machine than `found`; None if not, or if unknown.

    Their pictures differ in details.
    """
    both = [name for name in ("engine", "made") if name in found and name in wanted]
    parts = [
        *MAKER_FIELDS,
        *(name for name in MACHINE_FIELDS if all(name in made.get("made", ()) for made in (found, wanted))),
    ]
    maker, recipe_maker = (", ".join(_maker(name, made[name], parts) for name in both) for made in (found, wanted))
    if maker == recipe_maker:
        return None
    return f"the recipe's picture was made by {recipe_maker}, this one by {maker}: they may differ in details"


def _maker(name: str, made: Any, parts: Iterable[str]) -> str:
    return f"engine {made}" if name == "engine" else " ".join(filter(None, (str(made.get(part)) for part in parts)))


def require_same(job: Job, wanted: dict[str, Any]) -> None:
    """Raise InvalidSettingError, naming what differs, unless the job's pictures are those of the recipe.

    The content may be another one: a recipe also serves to paint a second photograph alike.
    """
    found = recipe(job)
    if len(found["styles"]) != len(wanted["styles"]):
        raise InvalidSettingError(
            f"the number of styles is {len(found['styles'])}, and {len(wanted['styles'])} in the recipe",
            "give the same styles",
        )
    for number, (style, other) in enumerate(zip(found["styles"], wanted["styles"], strict=True), start=1):
        if "file" not in style or style["file"] != other.get("file"):  # other libraries may decode it a level apart
            _require_digest(style, other, "sha256", f"style {number}")
        _require_digest(style, other, "guide", f"the guide of style {number}")
    _require_digest(found, wanted, "mask", "the mask")
    _require_digest(found, wanted, "init", "the picture to start from")
    _require_digest(found, wanted, "strength_map", "the strength map")


def _require_digest(found: dict[str, Any], wanted: dict[str, Any], name: str, what: str) -> None:
    if found.get(name) == wanted.get(name):
        return
    if name not in found:
        raise InvalidSettingError(f"the recipe was made with {what}", "give it again")
    if name not in wanted:
        raise InvalidSettingError(f"the recipe was made without {what}", "leave it out")
    raise InvalidSettingError(f"{what} is not the picture the recipe was made with", "give that one")


def _style(style: Style) -> dict[str, Any]:
    file = {"file": style.source.digest} if style.source else {}
    return {"sha256": _digest(style.pixels), **file, "weight": style.weight, **_digests(guide=style.guide)}


def _digests(**pictures: Float | None) -> dict[str, str]:
    return {name: _digest(pixels) for name, pixels in pictures.items() if pixels is not None}


def _digest(pixels: Float) -> str:
    """Of the pixels as 8-bit values, so that the same picture in another file is the same style."""
    return hashlib.sha256((pixels * 255).round().astype(np.uint8).tobytes()).hexdigest()
