"""The styles of a painting: noted without paths, and found again.

A note contains each picture's SHA-256 and size in bytes. Pictures are searched among those of all presets, and among
the files that were used before; the list of their paths is in the user's profile, never in an image. Layers are found
by `layer_styles`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_plugin.picks import Pick, Picks, of_file
from gimp_plugin.translation import _
from nst_core.shared import atomic_files
from nst_core.shared.errors import InvalidImageError
from nst_core.shared.file_lock import temporary_lock
from nst_core.shared.presets import lookup
from nst_core.shared.presets.preset_json import MAX_WEIGHT
from nst_core.shared.wire.messages import MAX_STYLE_FILE, MAX_STYLES, StyleFile, StylePixels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FILE = "neural-style-pictures.json"
LOCK = ".neural-style-pictures-lock"
LOCK_SECONDS = 2.0  # seconds to wait for another GIMP that is writing
MOST = 100  # paths kept, the latest first


def entry_of(style: StyleFile | StylePixels) -> dict[str, Any]:
    """The entry of a style in a note, without that of a layer (see `layer_styles.note`)."""
    if isinstance(style, StylePixels):
        return {"weight": style.weight}
    encoded = bytes(style.encoded)
    return {"sha256": hashlib.sha256(encoded).hexdigest(), "bytes": len(encoded), "weight": style.weight}


def find(
    noted: object, profile: Path, find_layer: Callable[[int, str], str], roots: lookup.Roots | None = None
) -> tuple[Pick, ...]:
    """The styles of entries of `entry_of`. Raises InvalidImageError if one cannot be found.

    find_layer: returns the key of a layer by its tattoo and name, or raises InvalidImageError.
    """
    if not isinstance(noted, list) or not 1 <= len(noted) <= MAX_STYLES:
        raise InvalidImageError(
            _("the note on how this layer was painted cannot be read"), _("choose the style again in Neural Style")
        )
    known = [*_of_presets(roots), *_remembered(profile)]
    return tuple(_find(entry, known, find_layer) for entry in noted)


def remember(profile: Path, picks: Picks) -> None:
    """Save the paths of picture files, so that they can be found again. Errors are ignored."""
    files = [Path(pick.key).absolute() for pick in picks.entries if pick.kind == "file"]
    if not files:
        return
    with contextlib.suppress(OSError), temporary_lock(profile / LOCK, LOCK_SECONDS):  # another GIMP paints too
        paths = [*files, *(path for path in _remembered(profile) if path not in files)]
        data = json.dumps([str(path) for path in paths[:MOST]], indent=1) + "\n"
        atomic_files.replace_file(profile / FILE, data.encode())


def _find(entry: Any, known: Iterable[Path], find_layer: Callable[[int, str], str]) -> Pick:
    match entry:
        case {"sha256": str(digest), "bytes": int(size), "weight": int() | float() as weight} if _is_weight(weight):
            for path in known:
                encoded = _read(path, size)
                if encoded and hashlib.sha256(encoded).hexdigest() == digest:
                    return replace(of_file(path), weight=float(weight))
            message = _("the style picture that this layer was painted with cannot be found any more")
        case {"layer": int(tattoo), "name": str(name), "weight": int() | float() as weight} if (
            0 < tattoo < 2** 32 and _is_weight(weight)
        ):
            return Pick("layer", find_layer(tattoo, name), name, float(weight))
        case {"layer": _}:
            message = _("the style was all that an image shows, and the note on a painted layer does not keep that")
        case _:
            message = _("the note on how this layer was painted cannot be read")
    raise InvalidImageError(message, _("choose the style again in Neural Style"))


def _is_weight(weight: float) -> bool:
    return 0 <= weight <= MAX_WEIGHT


def _read(path: Path, size: int) -> bytes:
    """The file, if it has that size and can be read."""
    with contextlib.suppress(OSError, ValueError):
        if 0 < size <= MAX_STYLE_FILE and path.is_file() and path.stat().st_size == size:
            return path.read_bytes()
    return b""


def _of_presets(roots: lookup.Roots | None) -> Iterator[Path]:
    for preset in lookup.list_presets(roots).presets:
        for style in preset.styles:
            yield style.path


def _remembered(profile: Path) -> list[Path]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        data: object = json.loads((profile / FILE).read_text("utf-8"))
        if isinstance(data, list):
            return [Path(path) for path in data if isinstance(path, str)]
    return []
