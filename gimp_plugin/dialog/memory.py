"""What the dialog knows of the last time, kept in the artist's profile: the styles picked and the window's size.

GIMP itself remembers the other values, but it also writes them into the image, where a path has no place.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gimp_plugin.gallery.picks import Picks
from nst_core.preset_folders import replace

if TYPE_CHECKING:
    from pathlib import Path

FILE = "neural-style.json"


@dataclass(frozen=True)
class Memory:
    """complete: whether `picks` are all that were picked: layers, and files that were deleted since, are not."""

    picks: Picks = field(default_factory=Picks)
    complete: bool = True
    size: tuple[int, int] | None = None


def recall(profile: Path) -> Memory:
    """The last time's, as far as it can be read. Never raises."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        said = json.loads((profile / FILE).read_text("utf-8"))
        if isinstance(said, dict) and isinstance(said.get("picks"), list):
            picks = Picks.from_json(said["picks"])
            complete = said.get("complete") is True and len(picks.entries) == len(said["picks"])
            return Memory(picks, complete, _size(said.get("size")))
    return Memory()


def remember(profile: Path, last: Memory) -> None:
    """Keep this for the next time. Failing is no error: she chooses again."""
    picks = last.picks.to_json()
    complete = last.complete and len(picks) == len(last.picks.entries)
    with contextlib.suppress(OSError):
        said = {"picks": picks, "complete": complete, "size": last.size}
        replace(profile / FILE, (json.dumps(said, indent=2) + "\n").encode())


def _size(said: object) -> tuple[int, int] | None:
    match said:
        case [int() as width, int() as height] if min(width, height) > 0 and max(width, height) < 2**15:
            return width, height
    return None
