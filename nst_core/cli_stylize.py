"""The way of the `stylize` command from files to files.

Everything that can be wrong with what was asked is found before the work starts. The first Ctrl-C finishes at the
next step and keeps the picture, the second ends the program at once.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from nst_core import images
from nst_core.cli_look import Order, read_content, read_look
from nst_core.cli_recipe import require_recipe_path, write_recipe
from nst_core.run import Run
from nst_core.settings import to_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from nst_core.run import Outcome, Progress
    from nst_core.settings import Settings

STOPPED = "stopped early: this is the best picture so far"


def carry_out(order: Order, content: str, output: str, save_recipe: str | None = None) -> dict[str, Any]:
    """Stylise, write the picture, and return what --json prints. Raises NeuralStyleError."""
    path = images.require_writable(output)
    saved = require_recipe_path(save_recipe) if save_recipe else None
    look = read_look(order)
    source = read_content(content, look.size)
    run = Run(look.job(source.pixels))
    stopped = _follow(run)
    outcome = run.outcome()
    images.write(path, outcome.pixels, source)
    recipe = outcome.recipe | ({"preset": look.preset} if look.preset else {})
    if saved:
        write_recipe(saved, recipe)
    return _report(path, outcome, look.settings, stopped=stopped) | {"recipe": recipe}


def _follow(run: Run) -> bool:
    """Run to the end with a progress bar on a terminal. True if a person stopped it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    console = Console(stderr=True)
    with (
        Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
        _stopping(run) as stopped,
    ):
        task = bar.add_task("getting ready", total=1.0, left="")
        for progress in run:
            bar.update(task, description=_where(progress), completed=progress.fraction, left=_left(progress))
        return bool(stopped)


@contextlib.contextmanager
def _stopping(run: Run) -> Iterator[list[int]]:
    """A list that is empty until somebody presses Ctrl-C."""
    seen: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        # The next one must work even inside a long step, where Python cannot: leave it to the system.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        click.echo("neural-style: stopping at the next step; press Ctrl-C again to give up", err=True)
        run.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


def _where(progress: Progress) -> str:
    return f"octave {progress.octave} of {progress.octaves}"


def _left(progress: Progress) -> str:
    minutes, seconds = divmod(round(max(0.0, progress.seconds_left)), 60)
    return f"{minutes}:{seconds:02} left"


def _report(output: Path, outcome: Outcome, settings: Settings, *, stopped: bool) -> dict[str, Any]:
    height, width = outcome.pixels.shape[:2]
    metrics = outcome.metrics
    return {
        "output": str(output),
        "size": [width, height],
        "seconds": round(metrics.seconds, 3),
        "backend": metrics.backend,
        "device": metrics.device,
        "precision": metrics.precision,
        "evaluations": list(metrics.evaluations),
        "losses": dict(metrics.losses),
        "peak_memory": metrics.peak_memory,
        "notes": [*metrics.notes, *([STOPPED] if stopped else [])],
        "settings": to_mapping(settings),
    }


def tell(report: dict[str, Any]) -> None:
    """Say in one line what was made; notes go to standard error."""
    for note in report["notes"]:
        click.echo(f"neural-style: {note}", err=True)
    width, height = report["size"]
    where = f"{report['backend']} on {report['device']} ({report['precision']})"
    click.echo(f"wrote {report['output']} ({width} x {height} px) in {report['seconds']:.1f} s with {where}")
