"""The `doctor` command: what works and what does not, one line each, with the remedy."""

from __future__ import annotations

import os
import sys
from itertools import chain
from typing import TYPE_CHECKING

import click

from nst_core import __version__
from nst_core.cli.options import json_option, print_json

if TYPE_CHECKING:
    from nst_core.shared.wire.findings import Finding


@click.command()
@click.option(
    "--gimp",
    "commands",
    metavar="COMMAND",
    multiple=True,
    help="How to start a GIMP without windows, where it is not found, e.g. './GIMP.AppImage --no-interface'.",
)
@json_option
def doctor(commands: tuple[str, ...], *, as_json: bool) -> None:
    """Check everything that the engine and the plug-in need, and say what to do about what is wrong."""
    from nst_core.setup import check_gimp  # noqa: PLC0415 - so that --help comes at once
    from nst_core.setup.check_engine import examine  # noqa: PLC0415 - as above
    from nst_core.shared.wire.findings import is_ok, to_mapping  # noqa: PLC0415 - as above

    found: list[Finding] = []
    for finding in chain(examine(), check_gimp.examine(commands, os.environ)):
        found.append(finding)
        if not as_json:
            click.echo(str(finding))
    if as_json:
        print_json(to_mapping(found, __version__))
    sys.exit(0 if is_ok(found) else 1)
