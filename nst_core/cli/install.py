"""The `install` and `uninstall` commands: for every GIMP 3 profile of the user."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nst_core.cli.options import USER_ERROR, handle_errors
from nst_core.shared.errors import NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nst_core.setup.gimp_locations import Profile

HERE = "here"
FLATPAK = "GIMP's Flatpak starts programs outside its sandbox only with your permission; to give it, run"

profile_option = click.option(
    "--profile",
    "folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A GIMP profile folder, such as …/GIMP/3.0. [default: every one that GIMP 3 made for you]",
)


@click.command()
@profile_option
@click.option(
    "--engine",
    metavar="COMMAND",
    help="Start the engine with this, e.g. 'ssh HOST neural-style worker'; `here` means this installation. "
    "[default: as last time, at first `here`]",
)
def install(folders: tuple[Path, ...], engine: str | None) -> None:
    """Put the plug-in into GIMP 3. Running it again updates it."""
    with handle_errors(as_json=False):
        from nst_core.setup.proposal import proposal  # noqa: PLC0415 - so that --help comes at once
        from nst_core.shared.client.remote import parse  # noqa: PLC0415 - as above

        command = None if engine in {None, HERE} else parse(str(engine))
        done, failed = [], False
        for profile in _profiles(folders):
            try:
                done.append(_install(profile, command, anew=engine == HERE))
            except NeuralStyleError as error:  # noqa: PERF203 - go on with the other profiles
                click.echo(f"neural-style: {error}", err=True)
                failed = True
        if done:
            _try_engine(done[0])
            if command is None:
                for sentence in proposal():
                    click.echo(sentence)
            click.echo("Start GIMP again; the filter is Filters > Artistic > Neural Style…")
        if failed:
            sys.exit(USER_ERROR)


@click.command()
@profile_option
def uninstall(folders: tuple[Path, ...]) -> None:
    """Remove the plug-in from GIMP 3, and what it remembers there. Your own presets stay."""
    with handle_errors(as_json=False):
        from nst_core.setup.plugin_installer import uninstall_plugin  # noqa: PLC0415 - as above
        from nst_core.shared.presets.lookup import user_root  # noqa: PLC0415 - as above

        failed = False
        for profile in _profiles(folders):
            try:
                removed = uninstall_plugin(profile.plug_ins)
            except NeuralStyleError as error:
                click.echo(f"neural-style: {error}", err=True)
                failed = True
                continue
            for path in removed:
                click.echo(f"removed {path}")
            if not removed:
                click.echo(f"there is no plug-in in {profile.folder}")
        if user_root().is_dir():
            click.echo(f"kept your presets in {user_root()}")
        if failed:
            sys.exit(USER_ERROR)


def _profiles(folders: Sequence[Path]) -> list[Profile]:
    from nst_core.setup.gimp_locations import Profile  # noqa: PLC0415 - as above
    from nst_core.setup.plugin_installer import require_profiles  # noqa: PLC0415 - as above

    return [Profile("", folder) for folder in folders] or require_profiles()


def _install(profile: Profile, command: list[str] | None, *, anew: bool) -> Path:
    from nst_core.setup.plugin_installer import chosen_engine, default_command, install_plugin  # noqa: PLC0415 - as above

    chosen = command or (None if anew else chosen_engine(profile.plug_ins))
    folder = install_plugin(profile.plug_ins, chosen or default_command(), chosen=chosen is not None)
    click.echo(f"installed {folder}{f' ({profile.kind})' if profile.kind else ''}")
    if chosen:
        click.echo(f"  its engine is {' '.join(chosen)}")
    return folder


def _try_engine(folder: Path) -> None:
    """Start the engine once, as the plug-in does, and print what is wrong."""
    from nst_core.setup.gimp_locations import FLATPAK_APP  # noqa: PLC0415 - as above
    from nst_core.shared.client.remote import FLATPAK_TALK  # noqa: PLC0415 - as above
    from nst_core.shared.client.self_check import examine_engine  # noqa: PLC0415 - as above

    examine_engine(
        folder,
        os.environ,
        lambda finding: None if finding.state == "ok" else click.echo(finding, err=True),
        thorough=False,
    )
    if (Path.home() / ".var" / "app" / FLATPAK_APP).is_dir():
        click.echo(f"{FLATPAK}\n  {FLATPAK_TALK}")
