"""The `stylize` command: from picture files to a picture file.

All options are checked before the work starts. At the first request to stop (Ctrl-C, SIGTERM, a closed terminal) the
picture of the last step is written; at the second the program ends at once.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, TaskProgressColumn, TextColumn

from nst_core.backends.select import choose
from nst_core.cli.job_inputs import JobOptions, read_content, require_recipe_path, resolve_job, write_recipe
from nst_core.cli.options import print_message
from nst_core.cli.progress_bars import progress_bars
from nst_core.cli.stopping import stop_all, stopping
from nst_core.imaging.files import image_files
from nst_core.painting.job_plan import plan_job
from nst_core.painting.recipe import describe_maker_difference
from nst_core.painting.run import Run
from nst_core.shared.errors import EngineCrashedError, InvalidSettingError, UnwritableOutputError
from nst_core.shared.settings import to_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nst_core.imaging.files.decoding import DecodedImage
    from nst_core.painting.job import Job, Outcome
    from nst_core.shared.planning.progress import Progress
    from nst_core.shared.settings import Settings

STOPPED = "stopped early: this is the best picture so far"
STOPPING = "stopping at the next step; press Ctrl-C again to give up"
LOST = "the workers were lost, one after another: this is the best picture so far"


@dataclass(frozen=True)
class RayOptions:
    """The Ray cluster that evaluates tiles of large octaves. workers: their number; None: the cluster's default."""

    address: str
    workers: int | None = None


@dataclass(frozen=True)
class Files:
    """The files to read and write. page: counted from 1; None: the first. overwrite: existing files may be replaced."""

    content: str
    output: str
    save_recipe: str | None = None
    page: int | None = None
    overwrite: bool = False


def execute(options: JobOptions, files: Files, ray: RayOptions | None = None) -> dict[str, Any]:
    """Stylize, write the picture, and return what --json prints, the exit code included. Raises NeuralStyleError."""
    path = image_files.require_writable(files.output, overwrite=files.overwrite)
    recipe_path = require_recipe_path(files.save_recipe, overwrite=files.overwrite) if files.save_recipe else None
    resolved = resolve_job(options)
    settings = resolved.settings
    source = read_content(files.content, resolved.size, files.page)
    image_files.require_size(path, *source.pixels.shape[:2])
    job = resolved.job(source.pixels)
    plan = plan_job(job, choose(settings.backend, settings.device)).to_mapping() if settings.paints else None
    runs: list[Run] = []
    with stopping(partial(stop_all, runs), STOPPING) as asked:
        outcome, early = _paint(job, ray, runs, asked)
        recipe = outcome.recipe | ({"preset": resolved.preset} if resolved.preset else {})
        path, failures = _write(path, outcome, source, overwrite=files.overwrite)
        if recipe_path:
            try:
                write_recipe(recipe_path, recipe, overwrite=files.overwrite)
            except UnwritableOutputError as error:
                failures.append(str(error))
    difference = describe_maker_difference(recipe, resolved.recipe)
    notes = [note for note in (*source.notes, early, difference, *failures) if note]
    report = _report(path, outcome, settings, notes) | {"plan": plan, "recipe": recipe}
    return report | {"exit_code": 1 if failures else 0}


def _write(path: Path, outcome: Outcome, source: DecodedImage, *, overwrite: bool) -> tuple[Path, list[str]]:
    """The path that the picture was written to, and messages if it is another one. Raises UnwritableOutputError."""
    try:
        image_files.write(path, outcome.pixels, source, overwrite=overwrite)
    except UnwritableOutputError as error:
        if error.kept is None:
            raise
        return error.kept, [str(error)]
    return path, []


def ray_options(address: str | None, jobs: int | None) -> RayOptions | None:
    """The options --ray and --jobs. Raises InvalidSettingError."""
    if jobs is not None and (jobs < 1 or address is None):
        raise InvalidSettingError(f"jobs is {jobs}", "it must be 1 or more" if address else "give --ray with it")
    return RayOptions(address, jobs) if address else None


def _paint(job: Job, ray: RayOptions | None, runs: list[Run], asked: list[int]) -> tuple[Outcome, str | None]:
    """The result, and the reason if it ended early. The run's memory is free when this returns.

    runs: list to which a run is added while it can be stopped. asked: not empty once a stop was requested.
    """
    with _run(job, ray) as run:
        runs.append(run)
        if asked:
            run.stop()
        early = _follow(run)
        runs.clear()
        return run.outcome(), early or (STOPPED if asked else None)


@contextlib.contextmanager
def _run(job: Job, ray: RayOptions | None) -> Iterator[Run]:
    if ray is None:
        yield Run(job)
        return
    from nst_core.cluster.ray_cluster import cluster  # noqa: PLC0415 - rarely needed
    from nst_core.cluster.split_picture import BandWorker, SplitBackend, Team  # noqa: PLC0415 - as above

    backend, device = job.settings.backend, job.settings.device
    graphics = device != "cpu"
    with cluster(ray.address, print_message) as machines:
        workers = machines.worker_count(ray.workers, graphics=graphics)
        work = partial(BandWorker, backend, device)
        team = Team(workers, lambda: machines.worker(work, workers, graphics=graphics), machines.share)
        split = SplitBackend(choose(backend, device), team)
        try:
            yield Run(job, split, split.at)
        finally:
            team.close()


def _follow(run: Run) -> str | None:
    """Run to the end with a progress bar on a terminal. Returns a message if workers were lost."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with progress_bars(*columns) as bar:
        task = bar.add_task("getting ready", total=1.0, left="")
        try:
            for progress in run:
                bar.update(
                    task, description=_octave_text(progress), completed=progress.fraction, left=_time_left(progress)
                )
        except EngineCrashedError:
            return LOST
        return None


def _octave_text(progress: Progress) -> str:
    return f"octave {progress.octave} of {progress.octaves}"


def _time_left(progress: Progress) -> str:
    minutes, seconds = divmod(round(max(0.0, progress.seconds_left)), 60)
    return f"{minutes}:{seconds:02} left"


def _report(output: Path, outcome: Outcome, settings: Settings, notes: list[str]) -> dict[str, Any]:
    height, width = outcome.pixels.shape[:2]
    metrics = outcome.metrics
    return {
        "output": str(output),
        "size": [width, height],
        "seconds": round(metrics.seconds, 3),
        "backend": metrics.backend,
        "device": metrics.device,
        "card": metrics.card,
        "precision": metrics.precision,
        "evaluations": list(metrics.evaluations),
        "losses": dict(metrics.losses),
        "peak_memory": metrics.peak_memory,
        "notes": [*map(str, metrics.notes), *notes],
        "settings": to_mapping(settings),
    }


def print_report(report: dict[str, Any]) -> None:
    """Print the result in one line; notes go to standard error."""
    for note in report["notes"]:
        click.echo(f"neural-style: {note}", err=True)
    width, height = report["size"]
    where = f"{report['backend']} on {report['card'] or report['device']} ({report['precision']})"
    click.echo(f"wrote {report['output']} ({width} x {height} px) in {report['seconds']:.1f} s with {where}")
