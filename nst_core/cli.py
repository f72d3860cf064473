"""The `neural-style` command. What a command needs is imported when it runs, so that --help comes at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from nst_core import __version__
from nst_core.cli_options import json_option, knob_options, print_json, refusals
from nst_core.cli_presets import presets_group
from nst_core.settings import knobs

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Paint a picture in the manner of another one."""


@main.command()
@click.argument("content")
@click.option(
    "--style", "styles", metavar="IMAGE[:WEIGHT]", multiple=True, help="A picture to paint like; several are mixed."
)
@click.option(
    "--guide",
    "guides",
    metavar="IMAGE|none",
    multiple=True,
    help="Where a style counts: white there, black elsewhere. One for each --style, in the same order.",
)
@click.option("--preset", metavar="NAME", help="A ready look instead of --style; see `presets list`.")
@click.option("-o", "--output", metavar="IMAGE", required=True, help="Where to write: .png, .jpg, .webp or .tif.")
@click.option("--size", metavar="PX", type=int, help="Resize the content to this longest edge first.")
@click.option("--mask", metavar="IMAGE", help="Stylise where this is white, keep the content where it is black.")
@click.option("--recipe", metavar="FILE", help="Repeat what made a picture; settings given here override it.")
@click.option("--save-recipe", metavar="FILE", help="Write what made this picture.")
@knob_options
@json_option
def stylize(*, as_json: bool, **given: Any) -> None:
    """Paint CONTENT in the manner of one or more styles, at CONTENT's own size."""
    with refusals(as_json=as_json):
        from nst_core.cli_stylize import Order, carry_out, tell  # noqa: PLC0415 - loads the whole engine

        chosen = {named.name: given.pop(named.name) for named in knobs()}
        report = carry_out(Order(**given, knobs=chosen))
        if as_json:
            print_json(report)
        else:
            tell(report)


@main.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Check everything that the engine and the plug-in need, and say what to do about what is wrong."""
    from nst_core.doctor import examine, to_mapping  # noqa: PLC0415 - see the module's docstring

    findings = examine()
    if as_json:
        print_json(to_mapping(findings))
    else:
        for finding in findings:
            click.echo(str(finding))
    sys.exit(1 if any(finding.state == "problem" for finding in findings) else 0)


@main.command()
@click.option(
    "--profile",
    "profiles",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A GIMP profile folder, such as …/GIMP/3.0. [default: every one that GIMP 3 made for you]",
)
def install(profiles: tuple[Path, ...]) -> None:
    """Put the plug-in into GIMP 3. Running it again updates it."""
    with refusals(as_json=False):
        from nst_core.install import default_command, install_plugin, require_profiles  # noqa: PLC0415 - as above

        for profile in profiles or require_profiles():
            click.echo(f"installed {install_plugin(profile / 'plug-ins', default_command())}")
        click.echo("Restart GIMP; the filter is Filters > Artistic > Neural Style…")


@main.command()
@click.option(
    "--profile", "profiles", metavar="DIR", multiple=True, type=click.Path(path_type=Path), help="As for install."
)
def uninstall(profiles: tuple[Path, ...]) -> None:
    """Remove the plug-in from GIMP 3. Your own presets stay."""
    with refusals(as_json=False):
        from nst_core.install import require_profiles, uninstall_plugin  # noqa: PLC0415 - as above

        for profile in profiles or require_profiles():
            removed = uninstall_plugin(profile / "plug-ins")
            click.echo(f"removed {removed}" if removed else f"there is no plug-in in {profile}")


@main.command()
def worker() -> None:
    """Serve a host over standard input and output; what the GIMP plug-in starts."""
    from nst_core.worker import main as serve  # noqa: PLC0415 - as above

    serve()


main.add_command(presets_group)
