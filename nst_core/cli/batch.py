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
from rich.progress import BarColumn, TextColumn
from rich.table import Table

from nst_core.batch.batch import Batch, Report
from nst_core.batch.batch_files import Item, items, passed_over
from nst_core.batch.pool import EnginePainter, JobPainter, PainterPool
from nst_core.cli.job_inputs import JobOptions, resolve_job
from nst_core.cli.options import USER_ERROR, error_entry, print_message
from nst_core.cli.progress_bars import progress_bars
from nst_core.cli.sequence import make_job
from nst_core.cli.stopping import stopping
from nst_core.imaging.optical_flow import opencv
from nst_core.setup.plugin_installer import default_command
from nst_core.shared.client.engine import Engine
from nst_core.shared.errors import InvalidSettingError, NeuralStyleError, UnwritableOutputError, from_code
from nst_core.shared.settings import to_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

FAILED, INTERRUPTED = 1, 130
STOPPING = "stopping; finished pictures are kept. Press Ctrl-C again to give up"
POLL_SECONDS = 0.1
"""Seconds between checks for a request to stop."""
STATES = {"painted": "painted", "kept": "nothing to do", "failed": "failed", "left": "not painted"}


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
class BatchResult:
    """The result of a batch. fatal: the error that would have occurred for every picture. stopped: by the user."""

    reports: list[Report]
    dry_run: bool = False
    fatal: NeuralStyleError | None = None
    stopped: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        if self.fatal:
            return USER_ERROR
        if self.stopped:
            return INTERRUPTED
        bad = {"failed"} if self.dry_run else {"failed", "left"}
        return FAILED if any(report.state in bad for report in self.reports) else 0


def execute(job_options: JobOptions, options: BatchOptions) -> dict[str, Any]:
    """Paint what is due, and return what --json prints, the exit code included. Raises NeuralStyleError."""
    if options.jobs is not None and options.jobs < 1:
        raise InvalidSettingError(f"jobs is {options.jobs}", "it must be 1 or more")
    if options.sequence and (options.jobs or 1) > 1:
        raise InvalidSettingError("a sequence is painted one frame after another", "leave --jobs out")
    if options.sequence:
        opencv()  # raises before anything is painted if it is missing
    found = items(options.inputs, options.out, options.suffix, frames=options.sequence)
    resolved = resolve_job(job_options)
    settings = resolved.settings
    facts = resolved.facts() | {"sequence": options.sequence}
    batch = Batch(
        found, options.out, facts, partial(make_job, resolved), options.sequence, options.overwrite, settings.backend
    )
    start = time.monotonic()
    if options.dry_run:
        result = BatchResult(list(batch.dry_run()), dry_run=True)
    else:
        _make_folder(options.out)
        with _painters(options, len(found), graphics=settings.device != "cpu") as (start_painter, workers):
            result = _paint(batch, start_painter, workers)
    counts: Counter[str] = Counter(report.state for report in result.reports)
    failure: dict[str, Any] = {"error": error_entry(result.fatal)} if result.fatal else {}
    passed = passed_over(options.inputs, options.out)
    return failure | {
        "out": str(options.out),
        "dry_run": options.dry_run,
        "counts": {state: counts[state] for state in STATES},
        "seconds": round(time.monotonic() - start, 3),
        "exit_code": result.exit_code,
        "settings": to_mapping(settings),
        "passed_over": [{"source": str(path), "why": why} for path, why in passed.items()],
        "pictures": [_entry(report) for report in result.reports],
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
    for state, word in STATES.items():
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
def _painters(
    options: BatchOptions, pictures: int, *, graphics: bool
) -> Iterator[tuple[Callable[[], JobPainter], int]]:
    """A function that starts a painter, here or in a cluster, and how many to start."""
    if options.ray is None:
        jobs = min(options.jobs or 1, pictures)
        command = default_command() if jobs == 1 else [*default_command(), "--engines", str(jobs)]
        yield lambda: EnginePainter(Engine.start(command, os.environ)), jobs
        return
    from nst_core.cluster.ray_cluster import cluster  # noqa: PLC0415 - rarely needed
    from nst_core.cluster.ray_painter import RayPainterPool  # noqa: PLC0415 - as above

    with cluster(options.ray, print_message) as machines:
        workers = 1 if options.sequence else machines.worker_count(options.jobs, graphics=graphics)
        yield RayPainterPool(machines, workers, graphics=graphics).painter, workers


def _paint(batch: Batch, start_painter: Callable[[], JobPainter], workers: int) -> BatchResult:
    with _ProgressBars(len(batch.items)) as bars, stopping(lambda: None, STOPPING) as asked:
        pool = PainterPool(batch, start_painter, workers, bars)
        pool.begin()
        while not pool.wait(POLL_SECONDS):
            if asked:
                pool.stop()
        return BatchResult(pool.reports(), fatal=pool.fatal, stopped=bool(asked))


class _ProgressBars:
    """Progress on a terminal: a line for the whole batch with the time left, and one for each worker."""

    def __init__(self, pictures: int) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        self._bar = progress_bars(*columns)
        self._whole = self._bar.add_task("getting ready", total=pictures, note="")
        self._pictures = pictures
        self._lines: dict[int, Any] = {}
        self._lock = threading.Lock()  # guards what follows, which every worker's thread changes
        self._fractions: dict[int, float] = {}
        self._painted = self._ended = 0
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
            self._fractions[worker] = fraction
        self._bar.update(self._lines[worker], completed=fraction)
        self._show()

    def ended(self, worker: int, report: Report) -> None:
        self._bar.update(self._lines[worker], visible=False)
        with self._lock:
            self._fractions.pop(worker, None)
            self._ended += 1
            self._painted += report.state == "painted"
        self._show()

    def _show(self) -> None:
        with self._lock:
            under_way = sum(self._fractions.values())
        done, worked = self._ended + under_way, self._painted + under_way
        seconds = time.monotonic() - self._start
        note = f"{_clock(seconds * (self._pictures - done) / worked)} left" if worked else ""
        self._bar.update(self._whole, description=f"{self._ended} of {self._pictures}", completed=done, note=note)


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
        entry["error"] = error_entry(report.error)
    return entry
