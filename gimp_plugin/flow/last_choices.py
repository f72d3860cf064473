"""The dialog's last choices, saved in the user's profile: chosen styles and the window's layout.

GIMP itself saves the other values; it also saves them in the image, where there must be no paths.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from gimp_plugin.picks import Picks
from nst_core.shared.atomic_files import replace_file
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.settings import from_mapping, to_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nst_core.shared.settings import Value

FILE = "neural-style.json"


@dataclass(frozen=True)
class Layout:
    """The window's layout. size: of the window, px; sides: widths of the columns beside the preview, px.

    upright: whether before and after are side by side; pixels: whether the preview begins at 100 %.
    """

    size: tuple[int, int] | None = None
    sides: tuple[int, int] | None = None
    upright: bool = True
    pixels: bool = False


@dataclass(frozen=True)
class Unfinished:
    """The styles and settings when the window was closed without a result. arguments: the run arguments."""

    picks: Picks
    settings: Mapping[str, Value]
    arguments: Mapping[str, str | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class LastChoices:
    """The last choices. complete: whether `picks` are all; layers, and files that were deleted since, are missing."""

    picks: Picks = field(default_factory=Picks)
    complete: bool = True
    layout: Layout = field(default_factory=Layout)
    unfinished: Unfinished | None = None


def recall(profile: Path) -> LastChoices:
    """The last choices, as far as they can be read. Never raises."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        data = json.loads((profile / FILE).read_text("utf-8"))
        if isinstance(data, dict) and isinstance(data.get("picks"), list):
            picks = Picks.from_json(data["picks"])
            complete = data.get("complete") is True and len(picks.entries) == len(data["picks"])
            return LastChoices(picks, complete, _layout(data), _unfinished(data.get("left")))
    return LastChoices()


def remember(profile: Path, last: LastChoices) -> None:
    """Save the choices for the next time. Errors are ignored."""
    picks = last.picks.to_json()
    complete = last.complete and len(picks) == len(last.picks.entries)
    with contextlib.suppress(OSError):
        data: dict[str, object] = {"picks": picks, "complete": complete, **asdict(last.layout)}
        if last.unfinished is not None:
            settings, arguments = dict(last.unfinished.settings), dict(last.unfinished.arguments)
            data["left"] = {"picks": last.unfinished.picks.to_json(), "settings": settings, "ways": arguments}
        replace_file(profile / FILE, (json.dumps(data, indent=2) + "\n").encode())


def _unfinished(data: object) -> Unfinished | None:
    match data:
        case {"picks": list(picks), "settings": dict(settings), **rest}:
            with contextlib.suppress(NeuralStyleError, TypeError):
                other = rest.get("ways")
                pairs = other.items() if isinstance(other, dict) else ()
                known = {name: value for name, value in pairs if isinstance(value, (str, bool))}
                return Unfinished(Picks.from_json(picks), to_mapping(from_mapping(settings)), known)
    return None


def _layout(data: Mapping[str, object]) -> Layout:
    size, sides = _size(data.get("size")), _size(data.get("sides"))
    return Layout(size, sides, upright=data.get("upright") is not False, pixels=data.get("pixels") is True)


def _size(data: object) -> tuple[int, int] | None:
    match data:
        case [int() as width, int() as height] if min(width, height) > 0 and max(width, height) < 2**15:
            return width, height
    return None
