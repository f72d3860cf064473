"""The `batch` command: paints many pictures, shows progress, and prints a summary at the end.

The first Ctrl-C, or another request to stop, ends the pictures at work; finished ones are kept and stand in the
summary. The second one ends the program.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from nst_core.batch.batch import Batch, Item, Report, items, passed_over
from nst_core.batch.pool import EnginePainter, Painter, PainterPool
from nst_core.cli.job_inputs import JobOptions, resolve_job
from nst_core.cli.options import REFUSED, say
from nst_core.cli.sequence import make
from nst_core.cli.stopping import console, stopping
from nst_core.imaging.files import decoding
from nst_core.imaging.optical_flow import opencv
from nst_core.setup.plugin_installer import default_command
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import InvalidSettingError, NeuralStyleError, UnwritableOutputError, from_code
from nst_core.shared.settings import to_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

FAILED, INTERRUPTED = 1, 130
ASKED = "stopping; finished pictures are kept. Press Ctrl-C again to give up"
POLL_SECONDS = 0.1
"""Seconds between looks at whether somebody pressed Ctrl-C."""
WORDS = {"painted": "painted", "kept": "nothing to do", "failed": "failed", "left": "not painted"}


@dataclass(frozen=True)
class BatchOptions:
    """The options of a batch besides those of a job.

    suffix: of all results, with its dot. jobs: number of workers; None: chosen by the program. ray: the cluster's
    address.
    """

    inputs: tuple[str, ...]
    out: Path
    suffix: str | None = None
    jobs: int | None = None
    sequence: bool = False
    overwrite: bool = False
    dry_run: bool = False
    ray: str | None = None


@dataclass(frozen=True)
class Ending:
    """The result of a batch. hopeless: the error that every picture would have met. stopped: by the user.

    looked: a dry run.
    """

    reports: list[Report]
    hopeless: NeuralStyleError | None = None
    stopped: bool = False
    looked: bool = False

    @property
    def code(self) -> int:
        """The exit code."""
        if self.hopeless:
            return REFUSED
        failed = any(
            report.state == "failed" or (report.state == "left" and not self.looked) for report in self.reports
        )
        return INTERRUPTED if self.stopped else FAILED if failed else 0


def execute(order: JobOptions, bulk: BatchOptions) -> dict[str, Any]:
    """Paint what is due, and return what --json prints, the exit code included. Raises NeuralStyleError."""
    if bulk.jobs is not None and bulk.jobs < 1:
        raise InvalidSettingError(f"jobs is {bulk.jobs}", "it must be 1 or more")
    if bulk.sequence and (bulk.jobs or 1) > 1:
        raise InvalidSettingError("a sequence is painted one frame after another", "leave --jobs out")
    if bulk.sequence:
        opencv()  # raises before anything is painted if it is missing
    found = items(bulk.inputs, bulk.out, bulk.suffix, decoding.count if bulk.sequence else None)
    look = resolve_job(order)
    facts = look.facts() | {"sequence": bulk.sequence}
    painted = partial(make, look)
    batch = Batch(found, bulk.out, facts, painted, bulk.sequence, bulk.overwrite, look.settings.backend)
    start = time.monotonic()
    if bulk.dry_run:
        ending = Ending(list(batch.outlook()), looked=True)
    else:
        _make_folder(bulk.out)
        with _painters(bulk, len(found), graphics=look.settings.device != "cpu") as (painter, jobs):
            ending = _paint(batch, painter, jobs)
    counts: Counter[str] = Counter(report.state for report in ending.reports)
    failure: dict[str, Any] = {"error": _told(ending.hopeless)} if ending.hopeless else {}
    return failure | {
        "out": str(bulk.out),
        "dry_run": bulk.dry_run,
        "counts": {state: counts[state] for state in WORDS},
        "seconds": round(time.monotonic() - start, 3),
        "exit_code": ending.code,
        "settings": to_mapping(look.settings),
        "passed_over": [
            {"source": str(passed.source), "why": passed.why} for passed in passed_over(bulk.inputs, bulk.out)
        ],
        "pictures": [_entry(report) for report in ending.reports],
    }


def print_report(report: dict[str, Any]) -> None:
    """Print the result: a table on standard output, a sentence for each failure on standard error."""
    for entry in report["pictures"]:
        if error := entry.get("error"):
            remedy = f"; {error['remedy']}" if error["remedy"] else ""
            where = "" if entry["source"] in error["message"] else f"{entry['source']}: "
            click.echo(f"neural-style: {where}{error['message']}{remedy}.", err=True)
        for note in entry.get("notes", ()):
            click.echo(f"neural-style: {entry['source']}: {note}", err=True)
    if passed := report.get("passed_over"):
        click.echo(f"neural-style: {len(passed)} files were passed over:", err=True)
        for entry in passed:
            click.echo(f"  {entry['source']}: {entry['why']}", err=True)
    table = Table("pictures", "", "seconds each", title=report["out"], title_justify="left")
    table.columns[0].justify = table.columns[2].justify = "right"
    for state, word in WORDS.items():
        entries = [entry for entry in report["pictures"] if entry["state"] == state]
        seconds = [entry["metrics"]["seconds"] for entry in entries if "metrics" in entry]
        each = f"{sum(seconds) / len(seconds):.1f}" if seconds else ""
        if entries:
            table.add_row(str(len(entries)), "to be painted" if report["dry_run"] and state == "left" else word, each)
    Console(markup=False, highlight=False).print(table)
    if error := report.get("error"):
        click.echo(f"neural-style: {from_code(**error)}", err=True)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableOutputError(f"the folder {out} cannot be made", "choose another one for --out") from error


@contextlib.contextmanager
def _painters(bulk: BatchOptions, pictures: int, *, graphics: bool) -> Iterator[tuple[Callable[[], Painter], int]]:
    """A function that starts a painter, here or in a cluster, and how many to start."""
    if bulk.ray is None:
        jobs = min(bulk.jobs or 1, max(1, pictures))
        command = default_command() if jobs == 1 else [*default_command(), "--engines", str(jobs)]
        yield lambda: EnginePainter(Engine.start(command, os.environ)), jobs
        return
    from nst_core.cluster.ray_cluster import cluster  # noqa: PLC0415 - as above
    from nst_core.cluster.ray_painter import RayPainterPool  # noqa: PLC0415 - loads what paints as well

    with cluster(bulk.ray, say) as machines:
        workers = 1 if bulk.sequence else machines.worker_count(bulk.jobs, graphics=graphics)
        yield RayPainterPool(machines, workers, graphics=graphics).painter, workers


def _paint(batch: Batch, painter: Callable[[], Painter], jobs: int) -> Ending:
    with _Board(len(batch.items)) as board, stopping(lambda: None, ASKED) as pressed:
        pool = PainterPool(batch, painter, jobs, board)
        pool.begin()
        while not pool.wait(POLL_SECONDS):
            if pressed:
                pool.stop()
        return Ending(pool.reports(), pool.hopeless, stopped=bool(pressed))


class _Board:
    """Progress on a terminal: a line for the whole batch with the time left, and one for each worker."""

    def __init__(self, pictures: int) -> None:
        shown = console()
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        self._bar = Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal)
        self._whole = self._bar.add_task("getting ready", total=pictures, note="")
        self._pictures = pictures
        self._lines: dict[int, Any] = {}
        self._lock = threading.Lock()  # guards what follows, which every worker's thread changes
        self._at: dict[int, float] = {}
        self._painted = self._over = 0
        self._start = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def began(self, worker: int, item: Item) -> None:
        if worker not in self._lines:
            self._lines[worker] = self._bar.add_task("", total=1.0, note="")
        self._bar.update(self._lines[worker], description=item.source.name, completed=0.0, visible=True)

    def reached(self, worker: int, fraction: float) -> None:
        with self._lock:
            self._at[worker] = fraction
        self._bar.update(self._lines[worker], completed=fraction)
        self._show()

    def ended(self, worker: int, report: Report) -> None:
        self._bar.update(self._lines[worker], visible=False)
        with self._lock:
            self._at.pop(worker, None)
            self._over += 1
            self._painted += report.state == "painted"
        self._show()

    def _show(self) -> None:
        with self._lock:
            under_way = sum(self._at.values())
        done, worked = self._over + under_way, self._painted + under_way
        left = (time.monotonic() - self._start) * (self._pictures - done) / worked if worked else None
        note = "" if left is None else f"{_clock(left)} left"
        self._bar.update(self._whole, description=f"{self._over} of {self._pictures}", completed=done, note=note)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _entry(report: Report) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "source": str(report.item.source),
        "output": str(report.item.output),
        "state": report.state,
    }
    if report.metrics is not None:
        entry["metrics"] = dict(report.metrics)
    if report.notes:
        entry["notes"] = list(report.notes)
    if report.error:
        entry["error"] = _told(report.error)
    return entry


def _told(error: NeuralStyleError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "remedy": error.remedy}
