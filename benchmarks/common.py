"""What several benchmarks share: pairs of pictures, the bundled photographs, and the program that measures results."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize

PHOTOGRAPHS = Path(__file__).resolve().parents[1] / "demo" / "photographs"


@dataclass(frozen=True)
class Pair:
    """A photograph and a style."""

    content: Path
    style: Path

    @property
    def name(self) -> str:
        """By the files."""
        return f"{self.content.stem}--{self.style.stem}"


def call(*command: str | Path, folder: Path | None = None) -> str:
    """Run a program, in a folder whose packages come first if there is one, and return what it prints."""
    words = [str(word) for word in command]
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=folder)  # noqa: S603 - ours
    return done.stdout


def measured(rulers: Path, pair: Pair, *results: Path) -> list[dict[str, float]]:
    """What the program `rulers` measures of each result."""
    words: list[str | Path] = [
        sys.executable,
        rulers,
        "--json",
        "--content",
        pair.content,
        "--style",
        pair.style,
        *results,
    ]
    found: list[dict[str, float]] = json.loads(call(*words))
    return found


def photograph(file: Path, longest: int) -> Float:
    """(H, W, 3): the picture in a file, resized to this longest edge, px."""
    picture = image_files.read(file)[..., :3]
    scale = longest / max(picture.shape[:2])
    return resize(picture, *(round(side * scale) for side in picture.shape[:2]))


def opaque(picture: Float) -> Float:
    """(H, W, 3) to (H, W, 4), as the filter sends a layer."""
    return np.dstack([picture, np.ones(picture.shape[:2], np.float32)])


def square_pair(side: int) -> tuple[Float, Float]:
    """(side, side, 3): a bundled photograph as content, and another one as style."""
    content, style = (
        resize(image_files.read(PHOTOGRAPHS / name)[..., :3], side, side) for name in ("cat.jpg", "coffee.jpg")
    )
    return content, style
