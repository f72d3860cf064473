"""The `plan` command: what `stylize` would do with a picture, how long it would take and how much memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from nst_core.cli.options import handle_errors, job_arguments, job_options, json_option, print_and_exit

if TYPE_CHECKING:
    from nst_core.cli.job_inputs import JobOptions

ANY_PRESET = "mosaic"
"""The preset if none is given: the cost does not depend on the preset."""


@click.command()
@click.argument("content", metavar="IMAGE")
@job_options
@json_option
def plan(*, content: str, as_json: bool, **arguments: Any) -> None:
    """Say what painting IMAGE would take: sizes, steps, time and memory. Takes the options of stylize."""
    with handle_errors(as_json=as_json):
        from nst_core.cli.job_inputs import JobOptions  # noqa: PLC0415 - loads the whole engine

        report = execute(JobOptions(**job_arguments(arguments)), content)
        print_and_exit(report, print_report, as_json=as_json)


def execute(options: JobOptions, content: str) -> dict[str, Any]:
    """Read and measure, and return what --json prints. Raises NeuralStyleError."""
    from nst_core.backends.select import choose  # noqa: PLC0415 - as above
    from nst_core.cli.job_inputs import read_content, resolve_job  # noqa: PLC0415 - as above
    from nst_core.painting.job_plan import plan_job, speed_of  # noqa: PLC0415 - as above

    has_style = options.styles or options.preset or options.recipe
    resolved = resolve_job(options if has_style else replace(options, preset=ANY_PRESET))
    job = resolved.job(read_content(content, resolved.size).pixels)
    backend = choose(resolved.settings.backend, resolved.settings.device)
    speed = speed_of(backend) if resolved.settings.paints else 0.0
    return {"content": content} | plan_job(job, backend, speed).to_mapping()


def print_report(report: dict[str, Any]) -> None:
    """Print it as a table and two sentences."""
    from rich.console import Console  # noqa: PLC0415 - so that --help comes at once
    from rich.table import Table  # noqa: PLC0415 - as above

    for note in report["notes"]:
        click.echo(f"neural-style: {note}", err=True)
    width, height = report["size"]
    table = Table("octave", "pixels", "steps", "computed", title=report["content"], title_justify="left")
    for number, octave in enumerate(report["octaves"], 1):
        across, down = octave["size"]
        computed = f"in tiles of {octave['tile']} px" if octave["tile"] else "whole"
        table.add_row(str(number), f"{across} x {down}", str(octave["steps"]), computed)
    Console(markup=False, highlight=False).print(table)
    if report["carried"]:
        click.echo(f"then carried to {width} x {height} px")
    where = f"{report['backend']} on {report['device']} ({report['precision']})"
    free = "" if report["free"] is None else f", {report['free'] / 1e9:.1f} GB are free"
    click.echo(f"about {_clock(report['seconds'])} with {where}")
    click.echo(f"about {report['memory'] / 1e9:.1f} GB of memory{free}")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
