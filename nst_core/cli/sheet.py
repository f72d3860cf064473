"""The `sheet` command: one picture in many looks, on one sheet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import click
from rich.progress import BarColumn, TaskProgressColumn, TextColumn

from nst_core.batch.contact_sheet import Layout, draw
from nst_core.cli.job_inputs import JobOptions, read_content, resolve_job
from nst_core.cli.progress_bars import progress_bars
from nst_core.cli.stopping import stop_all, stopping
from nst_core.imaging.files import image_files
from nst_core.painting.run import Run
from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.presets import lookup

ALL = "all"
STOPPING = "stopping; the sheet shows what was painted. Press Ctrl-C again to give up"
SIZE = 384
"""Default longest edge of each picture, px: a dozen of them fill a screen."""


def execute(
    options: JobOptions, content: str, names: str, columns: int | None, output: str, *, overwrite: bool
) -> dict[str, Any]:
    """Paint, draw and write the sheet, and return what --json prints. Raises NeuralStyleError.

    options: without styles and preset. names: of presets, separated by commas, or ALL.
    """
    path = image_files.require_writable(output, overwrite=overwrite)
    if columns is not None and columns < 1:
        raise InvalidSettingError(f"columns is {columns}", "it must be 1 or more")
    presets = _presets(names)
    size = SIZE if options.size is None else options.size
    resolved = [resolve_job(replace(options, size=size, preset=preset.slug)) for preset in presets]
    source = read_content(content, size)
    height, width = source.pixels.shape[:2]
    across, down = Layout(len(resolved) + 1, height, width, columns).size
    image_files.require_size(path, down, across)
    start = time.monotonic()
    pictures = [("Original", source.pixels)]
    runs: list[Run] = []
    with (
        stopping(partial(stop_all, runs), STOPPING) as asked,
        progress_bars(TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn()) as bar,
    ):
        task = bar.add_task("", total=len(resolved))
        for number, (preset, one) in enumerate(zip(presets, resolved, strict=True)):
            bar.update(task, description=preset.title, completed=number)
            runs[:] = [Run(one.job(source.pixels))]
            for progress in runs[0]:
                bar.update(task, completed=number + progress.fraction)
            if asked:
                break
            pictures.append((preset.title, runs[0].outcome().pixels))
        sheet = draw(pictures, columns)
        image_files.write(path, sheet, overwrite=overwrite)
    return {
        "output": str(path),
        "size": [sheet.shape[1], sheet.shape[0]],
        "presets": [preset.slug for preset in presets[: len(pictures) - 1]],
        "seconds": round(time.monotonic() - start, 3),
    }


def print_report(report: dict[str, Any]) -> None:
    """Print the result in one line."""
    width, height = report["size"]
    count = len(report["presets"])
    click.echo(f"wrote {report['output']} ({width} x {height} px, {count} looks) in {report['seconds']:.1f} s")


def _presets(names: str) -> Sequence[lookup.Preset]:
    found: Sequence[lookup.Preset]
    if names.strip().casefold() == ALL:
        found = lookup.list_presets().presets
    else:
        found = [lookup.load_preset(name) for name in names.split(",") if name.strip()]
    if not found:
        raise InvalidSettingError("there is no preset to show", f"give their names, or {ALL}")
    return found
