"""Flicker and seconds of a sequence of frames, painted alone and each from the one before, through the batch command.

python benchmarks/flicker.py [--preset swirling-impasto] [--frames 8] [--size 320] [--quality normal] [--keep DIR]

The frames are windows of a bundled photograph that pan and zoom, with a camera's noise, so that every pixel's motion is
known. Flicker is the mean absolute difference between a frame and the one before it, moved as the window moved, less
the same of the frames that went in: 0 is as steady as the camera. `as seen` leaves the motion in.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import PHOTOGRAPHS, call

from nst_core.imaging import optical_flow
from nst_core.imaging.arrays import Float
from nst_core.imaging.files import image_files

PAN = (0.012, 0.008)
"""How far the window moves from frame to frame, as shares of its width: about 4 px at 320."""
ZOOM = 0.995
"""The window's size, as a share of the one before."""
NOISE = 0.012


@dataclass(frozen=True)
class Window:
    """A part of the photograph: its upper left corner and its size, px."""

    x: float
    y: float
    width: float
    height: float

    def cut(self, scene: Float, height: int, width: int) -> Float:
        """The part at this size."""
        rows, columns = np.indices((height, width), dtype=np.float32)
        shift = [self.x + columns * self.width / width - columns, self.y + rows * self.height / height - rows]
        padded = np.pad(np.stack(shift, axis=2), ((0, scene.shape[0] - height), (0, scene.shape[1] - width), (0, 0)))
        return optical_flow.moved(scene, padded.astype(np.float32))[:height, :width]

    def flow(self, before: Window, height: int, width: int) -> Float:
        """Where each pixel was in the window before, px to the right and down."""
        rows, columns = np.indices((height, width), dtype=np.float32)
        x = (self.x + columns * self.width / width - before.x) * width / before.width
        y = (self.y + rows * self.height / height - before.y) * height / before.height
        return np.stack([x - columns, y - rows], axis=2).astype(np.float32)


def windows(count: int, height: int, width: int) -> list[Window]:
    """Windows of a scene of this size."""
    found = [Window(width * 0.05, height * 0.05, width * 0.6, height * 0.6)]
    while len(found) < count:
        last = found[-1]
        found.append(
            Window(last.x + PAN[0] * last.width, last.y + PAN[1] * last.width, last.width * ZOOM, last.height * ZOOM)
        )
    return found


def differences(frames: list[Float], path: list[Window], *, still: bool) -> float:
    """Mean difference of successive frames; still: with the known motion taken away, where both show the place."""
    height, width = frames[0].shape[:2]
    rows, columns = np.indices((height, width))
    found = []
    for number in range(1, len(frames)):
        flow = path[number].flow(path[number - 1], height, width) if still else np.zeros((height, width, 2), np.float32)
        x, y = columns + flow[..., 0], rows + flow[..., 1]
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        found.append(float(np.abs(frames[number] - optical_flow.moved(frames[number - 1], flow))[inside].mean()))
    return statistics.mean(found)


def painted(folder: Path, out: Path, words: list[str]) -> tuple[list[Float], float]:
    """The results, and the seconds of the whole batch."""
    start = [sys.executable, "-c", "from nst_core.cli.command import main; main()"]
    report = json.loads(call(*start, "batch", folder, "--out", out, *words, "--json"))
    return [image_files.read(entry["output"]) for entry in report["pictures"]], report["seconds"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="swirling-impasto")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--quality", default="normal")
    parser.add_argument("--backend", default="onnx")
    parser.add_argument("--keep", type=Path, help="folder for the frames, which are deleted otherwise")
    options = parser.parse_args()
    scene = image_files.read(PHOTOGRAPHS / "coffee.jpg")[..., :3]
    path = windows(options.frames, *scene.shape[:2])
    width, height = options.size, round(options.size * scene.shape[0] / scene.shape[1])
    noise = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        keep = options.keep or Path(folder)
        (keep / "in").mkdir(parents=True, exist_ok=True)
        for number, window in enumerate(path):
            grain = noise.normal(0, NOISE, (height, width, 3)).astype(np.float32)
            image_files.write(keep / "in" / f"{number}.png", (window.cut(scene, height, width) + grain).clip(0, 1))
        frames = [image_files.read(keep / "in" / f"{number}.png") for number in range(len(path))]
        look = ["--preset", options.preset, "--quality", options.quality, "--backend", options.backend]
        for name, more in (("alone", []), ("sequence", ["--sequence"])):
            found, seconds = painted(keep / "in", keep / name, [*look, *more])
            flicker, seen = (
                differences(found, path, still=still) - differences(frames, path, still=still)
                for still in (True, False)
            )
            print(f"{name:9} flicker {flicker:+.4f}, as seen {seen:+.4f}, {seconds:.1f} s in all")


if __name__ == "__main__":
    main()
