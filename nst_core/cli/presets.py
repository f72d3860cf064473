"""The `presets` commands: show, save, rename, delete, export and import looks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nst_core.cli.options import handle_errors, json_option, look_options, path_and_weight, print_json, settings_from

if TYPE_CHECKING:
    from nst_core.shared.presets.lookup import Preset

file_type = click.Path(path_type=Path)


@click.group(name="presets")
def presets_group() -> None:
    """Show the ready looks, and keep your own."""


@presets_group.command(name="list")
@json_option
def list_command(*, as_json: bool) -> None:
    """List the ready looks, the broken ones with their reason."""
    from nst_core.shared.presets.lookup import list_presets  # noqa: PLC0415 - so that --help comes at once

    listing = list_presets()
    if as_json:
        broken = [{"slug": error.slug, "message": error.message, "remedy": error.remedy} for error in listing.broken]
        print_json({"presets": [_entry(preset) for preset in listing.presets], "broken": broken})
        return
    width = max((len(preset.slug) for preset in listing.presets), default=0)
    for preset in listing.presets:
        line = f"{preset.slug:{width}}  {preset.title}{'' if preset.builtin else ' (yours)'}"
        click.echo(": ".join([line, *([_one_line(preset.description)] if preset.description else [])]))
    for error in listing.broken:
        click.echo(f"neural-style: {error}", err=True)


@presets_group.command()
@click.argument("name")
@json_option
def show(*, name: str, as_json: bool) -> None:
    """Show all about the look NAME: its texts, pictures and settings."""
    with handle_errors(as_json=as_json):
        from nst_core.shared.presets.lookup import load_preset  # noqa: PLC0415 - as above

        preset = load_preset(name)
        if as_json:
            print_json(_entry(preset))
            return
        click.echo(f"{preset.title} ({preset.slug}, {'built in' if preset.builtin else 'yours'})")
        for text in (preset.description, preset.credits):
            if text:
                click.echo(f"  {_one_line(text)}")
        for style in preset.styles:
            click.echo(f"  style {style.path}, weight {style.weight:g}")
        for setting, value in preset.settings.items():
            click.echo(f"  {setting} {value}")


@presets_group.command()
@click.argument("title")
@click.option(
    "--style", "styles", metavar="IMAGE[:WEIGHT]", multiple=True, help="A picture to paint like; several are mixed."
)
@click.option("--description", metavar="TEXT", default="", help="A sentence about the look.")
@click.option("--credits", "credit", metavar="TEXT", default="", help="Who made the pictures, and their licence.")
@look_options
@json_option
def save(*, title: str, styles: tuple[str, ...], description: str, credit: str, as_json: bool, **settings: Any) -> None:
    """Keep a look of your own under TITLE; nothing is replaced."""
    with handle_errors(as_json=as_json):
        from nst_core.shared.presets import library  # noqa: PLC0415 - as above

        checked = settings_from(settings, {})
        look = {name: getattr(checked, name) for name, text in settings.items() if text is not None}
        pictures = tuple(_style(text) for text in styles)
        draft = library.Draft(title, pictures, look, description, credit)
        _print_preset("saved", library.save(draft), as_json=as_json)


@presets_group.command()
@click.argument("name")
@click.argument("title")
@json_option
def rename(*, name: str, title: str, as_json: bool) -> None:
    """Give your look NAME another TITLE. Its short name stays, so that recipes still find it."""
    with handle_errors(as_json=as_json):
        from nst_core.shared.presets import library, lookup  # noqa: PLC0415 - as above

        _print_preset("renamed", library.rename(lookup.find_slug(name), title), as_json=as_json)


@presets_group.command()
@click.argument("name")
@json_option
def delete(*, name: str, as_json: bool) -> None:
    """Delete your look NAME, broken or not."""
    with handle_errors(as_json=as_json):
        from nst_core.shared.presets import library, lookup  # noqa: PLC0415 - as above

        slug = library.delete(lookup.find_slug(name)).slug
        if as_json:
            print_json({"slug": slug})
        else:
            click.echo(f"deleted {slug}")


@presets_group.command(name="export")
@click.argument("name")
@click.argument("file", type=file_type)
@click.option("--overwrite", is_flag=True, help="Write over a file that is there.")
@json_option
def export_command(*, name: str, file: Path, overwrite: bool, as_json: bool) -> None:
    """Write the look NAME to FILE (.nstyle), to give away."""
    with handle_errors(as_json=as_json):
        from nst_core.shared.presets.archive import export_preset  # noqa: PLC0415 - as above
        from nst_core.shared.presets.lookup import load_preset  # noqa: PLC0415 - as above

        preset = load_preset(name)
        export_preset(preset, file, overwrite=overwrite)
        if as_json:
            print_json(_entry(preset) | {"file": str(file)})
        else:
            click.echo(f"wrote {file}")


@presets_group.command(name="import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=file_type)
@json_option
def import_command(*, files: tuple[Path, ...], as_json: bool) -> None:
    """Keep the looks in each FILE (.nstyle) as your own. One that you have already is not kept twice."""
    with handle_errors(as_json=as_json):
        from nst_core.shared.presets.archive import import_preset  # noqa: PLC0415 - as above

        kept = []
        for file in files:
            kept.append(import_preset(file))
            if not as_json:
                _print_preset("imported", kept[-1], as_json=False)
        if as_json:
            print_json({"presets": [_entry(preset) for preset in kept]})


def _style(text: str) -> tuple[str, bytes, float]:
    """The name, the bytes of the file and the weight of a style picture. Raises if the engine cannot decode it."""
    from nst_core.imaging.files import image_files  # noqa: PLC0415 - as above

    path, weight = path_and_weight(text)
    image_files.require_usable(image_files.read(path), path)
    return path, Path(path).read_bytes(), weight


def _print_preset(verb: str, preset: Preset, *, as_json: bool) -> None:
    if as_json:
        print_json(_entry(preset))
    else:
        click.echo(f"{verb} {preset.title!r} as {preset.slug}")


def _entry(preset: Preset) -> dict[str, Any]:
    return {
        "slug": preset.slug,
        "title": preset.title,
        "description": preset.description,
        "credits": preset.credits,
        "builtin": preset.builtin,
        "styles": [{"file": str(style.path), "weight": style.weight} for style in preset.styles],
        "settings": dict(preset.settings),
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
