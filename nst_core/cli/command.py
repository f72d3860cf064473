"""The `neural-style` command. What a command needs is imported when it runs, so that --help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nst_core import __version__
from nst_core.cli.doctor import doctor
from nst_core.cli.install import install, uninstall
from nst_core.cli.options import (
    escape_unencodable,
    handle_errors,
    job_arguments,
    job_options,
    json_option,
    print_and_exit,
    setting_options,
)
from nst_core.cli.plan import plan
from nst_core.cli.presets import presets_group
from nst_core.system.huge_pages import take_huge_pages
from nst_core.system.process_defaults import set_process_defaults

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Paint a picture in the manner of another one."""


@main.command()
@click.argument("content")
@click.option("-o", "--output", metavar="IMAGE", required=True, help="Where to write: .png, .jpg, .webp or .tif.")
@click.option("--save-recipe", metavar="FILE", help="Write what made this picture.")
@click.option("--page", metavar="N", type=int, help="Which picture of CONTENT, where it holds several. [default: 1]")
@click.option("--overwrite", is_flag=True, help="Write over files that are there, CONTENT itself included.")
@click.option("--ray", metavar="ADDRESS|local", help="Have the workers of a Ray cluster share the work on large sizes.")
@click.option("--jobs", metavar="N", type=int, help="How many workers of it. [default: one on each machine or card]")
@job_options
@json_option
def stylize(*, content: str, output: str, as_json: bool, **arguments: Any) -> None:
    """Paint CONTENT in the manner of one or more styles, at CONTENT's own size."""
    with handle_errors(as_json=as_json):
        from nst_core.cli.job_inputs import JobOptions  # noqa: PLC0415 - loads the whole engine
        from nst_core.cli.stylize import Files, execute, print_report, ray_options  # noqa: PLC0415 - as above

        files = Files(content, output, *(arguments.pop(name) for name in ("save_recipe", "page", "overwrite")))
        ray = ray_options(arguments.pop("ray"), arguments.pop("jobs"))
        report = execute(JobOptions(**job_arguments(arguments)), files, ray)
        print_and_exit(report, print_report, as_json=as_json)


@main.command()
@click.argument("inputs", metavar="INPUTS...", nargs=-1, required=True)
@click.option(
    "--out", metavar="DIR", required=True, type=click.Path(path_type=Path), help="The folder for the results."
)
@click.option(
    "--format",
    "suffix",
    type=click.Choice(["png", "jpg", "webp", "tif"]),
    help="Of all results. [default: each picture's own, or png]",
)
@click.option("--jobs", metavar="N", type=int, help="Pictures painted at a time. [default: 1, or what --ray has]")
@click.option("--ray", metavar="ADDRESS|local", help="Paint on a Ray cluster, or with Ray on this machine.")
@click.option("--sequence", is_flag=True, help="The pictures are frames: each starts from the one before it.")
@click.option("--overwrite", is_flag=True, help="Paint all again, and write over whatever is there.")
@click.option("--dry-run", is_flag=True, help="Only say what would be painted.")
@job_options
@json_option
def batch(*, inputs: tuple[str, ...], out: Path, suffix: str | None, as_json: bool, **arguments: Any) -> None:
    """Paint many pictures: files, folders with all below them, patterns. Run again, it does what is missing."""
    with handle_errors(as_json=as_json):
        from nst_core.cli.batch import BatchOptions, execute, print_report  # noqa: PLC0415 - loads the whole engine
        from nst_core.cli.job_inputs import JobOptions  # noqa: PLC0415 - as above

        names = ("jobs", "sequence", "overwrite", "dry_run", "ray")
        options = BatchOptions(inputs, out, suffix and f".{suffix}", **{name: arguments.pop(name) for name in names})
        report = execute(JobOptions(**job_arguments(arguments)), options)
        print_and_exit(report, print_report, as_json=as_json)


@main.command()
@click.argument("content", metavar="IMAGE")
@click.option("--presets", "names", metavar="all|A,B,C", default="all", help="The looks to show. [default: all]")
@click.option("-o", "--output", metavar="SHEET", required=True, help="Where to write: .png, .jpg, .webp or .tif.")
@click.option("--columns", metavar="N", type=int, help="Pictures side by side. [default: by the picture's shape]")
@click.option("--size", metavar="PX", type=int, help="Longest edge of each picture. [default: 384]")
@click.option("--overwrite", is_flag=True, help="Write over a file that is there.")
@setting_options
@json_option
def sheet(*, content: str, output: str, overwrite: bool, as_json: bool, **arguments: Any) -> None:
    """Draw a contact sheet: IMAGE as it is, and in many looks, with their names."""
    with handle_errors(as_json=as_json):
        from nst_core.cli.job_inputs import JobOptions  # noqa: PLC0415 - loads the whole engine
        from nst_core.cli.sheet import execute, print_report  # noqa: PLC0415 - as above

        names, columns = arguments.pop("names"), arguments.pop("columns")
        report = execute(JobOptions(**job_arguments(arguments)), content, names, columns, output, overwrite=overwrite)
        print_and_exit(report, print_report, as_json=as_json)


@main.command()
def worker() -> None:
    """Serve a host over standard input and output; what the GIMP plug-in starts."""
    from nst_core.worker.server import main as serve  # noqa: PLC0415 - as above

    serve()


def run() -> None:
    """The command as it is installed."""
    take_huge_pages()
    set_process_defaults()
    escape_unencodable()
    main()


main.add_command(plan)
main.add_command(doctor)
main.add_command(install)
main.add_command(uninstall)
main.add_command(presets_group)
