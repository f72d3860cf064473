"""The way of the `stylize` command from files to files.

Everything that can be wrong with what was asked is found before the work starts. The first Ctrl-C finishes at the
next step and keeps the picture, the second ends the program at once.
"""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from nst_core import images, presets
from nst_core.cli_options import require_size, settings_from, weighted
from nst_core.cli_recipe import read_recipe, require_recipe_path, write_recipe
from nst_core.errors import InvalidSettingError
from nst_core.recipe import require_same
from nst_core.run import Job, Run, Style
from nst_core.settings import knobs, to_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import FrameType

    from nst_core.images import Pixels
    from nst_core.run import Outcome, Progress
    from nst_core.settings import Settings

INITS = next([option.name for option in named.knob.options] for named in knobs() if named.name == "init")
NO_GUIDE = "none"
STOPPED = "stopped early: this is the best picture so far"


@dataclass(frozen=True)
class Order:
    """What the command line asked for, as text; `knobs` holds the settings that were given.

    guides: one for each style, in their order, or none at all; NO_GUIDE stands for none.
    """

    content: str
    output: str
    styles: tuple[str, ...]
    preset: str | None
    size: int | None
    mask: str | None
    knobs: Mapping[str, str | bool | None]
    guides: tuple[str, ...] = ()
    recipe: str | None = None
    save_recipe: str | None = None


def carry_out(order: Order) -> dict[str, Any]:
    """Stylise, write the picture, and return what --json prints. Raises NeuralStyleError."""
    output = images.require_writable(order.output)
    saved = require_recipe_path(order.save_recipe) if order.save_recipe else None
    job = prepare(order)
    run = Run(job)
    stopped = _follow(run)
    outcome = run.outcome()
    images.write(output, outcome.pixels)
    preset = _preset(order, _wanted(order))
    recipe = outcome.recipe | ({"preset": preset.slug} if preset else {})
    if saved:
        write_recipe(saved, recipe)
    return _report(output, outcome, job.settings, stopped=stopped) | {"recipe": recipe}


def prepare(order: Order) -> Job:
    """The job with all its pictures. Raises NeuralStyleError for whatever cannot be used."""
    wanted = _wanted(order)
    preset = _preset(order, wanted)
    if not order.styles and not preset:
        raise InvalidSettingError("the style is not clear", "give either --style or --preset")
    start = order.knobs.get("init")
    picture = start if isinstance(start, str) and start not in INITS else None
    knobs = {name: text for name, text in order.knobs.items() if name != "init" or picture is None}
    settings = settings_from(knobs, wanted.get("settings", preset.settings if preset else {}))
    size = order.size or (max(wanted["size"]) if wanted else None)
    require_size(size)
    content = _content(order.content, size)
    height, width = content.shape[:2]
    init = None if picture is None else images.resize(images.flatten(images.read(picture)), height, width)
    mask = None if order.mask is None else _mask(order.mask, height, width)
    styles = _preset_styles(preset) if preset else _given_styles(order.styles)
    styles = _guided(styles, order.guides, height, width)
    if not wanted:
        return Job(content, styles, settings, init, mask)
    job = Job(content, _weighed(styles, wanted), settings, init, mask)
    require_same(job, wanted)
    return job


def _wanted(order: Order) -> dict[str, Any]:
    """The recipe to follow, empty if there is none."""
    return read_recipe(order.recipe) if order.recipe else {}


def _preset(order: Order, wanted: Mapping[str, Any]) -> presets.Preset | None:
    """The preset that was asked for, or else the recipe's."""
    if order.preset and order.styles:
        raise InvalidSettingError("the style is not clear", "give either --style or --preset")
    if order.preset is None and not order.styles and wanted and "preset" not in wanted:
        raise InvalidSettingError("the recipe was made with pictures of its maker's", "give them with --style")
    name = order.preset or (None if order.styles else wanted.get("preset"))
    return presets.load_preset(name) if name else None


def _weighed(styles: tuple[Style, ...], wanted: Mapping[str, Any]) -> tuple[Style, ...]:
    """With the recipe's weights, so that they need not be given again."""
    weights = [entry["weight"] for entry in wanted["styles"]]
    if len(weights) != len(styles):
        return styles  # which is refused soon
    return tuple(replace(style, weight=weight) for style, weight in zip(styles, weights, strict=True))


def _guided(styles: tuple[Style, ...], guides: tuple[str, ...], height: int, width: int) -> tuple[Style, ...]:
    """Each style with its guide, if there are any."""
    if not guides:
        return styles
    if len(guides) != len(styles):
        counts = f"{len(guides)} for {len(styles)} styles" if len(styles) > 1 else f"{len(guides)} for one style"
        raise InvalidSettingError(f"the guides do not match: {counts}", f"give one for each, {NO_GUIDE} for none")
    read = [None if path == NO_GUIDE else _mask(path, height, width) for path in guides]
    return tuple(replace(style, guide=guide) for style, guide in zip(styles, read, strict=True))


def _content(path: str, size: int | None) -> Pixels:
    content = images.require_usable(images.read(path), path)
    if size is None:
        return content
    height, width = content.shape[:2]
    scale = size / max(height, width)
    sized = images.resize(content, max(1, round(height * scale)), max(1, round(width * scale)))
    return images.require_usable(sized, f"{path} at this --size")


def _mask(path: str, height: int, width: int) -> Pixels:
    """(H, W) in [0, 1]: how light the mask is, and nothing where it is transparent."""
    pixels = images.read(path)
    light = pixels[..., :3] @ (0.2126, 0.7152, 0.0722)
    light = light * pixels[..., 3] if pixels.shape[2] == 4 else light
    mask: Pixels = images.resize(light[..., None].astype("float32"), height, width)[..., 0]
    return mask


def _given_styles(texts: tuple[str, ...]) -> tuple[Style, ...]:
    parsed = [weighted(text) for text in texts]
    if not any(weight for _, weight in parsed):
        raise InvalidSettingError("every style has the weight 0", "give at least one of them more")
    return tuple(Style(images.require_usable(images.read(path), path), weight) for path, weight in parsed)


def _preset_styles(preset: presets.Preset) -> tuple[Style, ...]:
    return tuple(Style(images.decode(style.read(), str(style.path)), style.weight) for style in preset.styles)


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
