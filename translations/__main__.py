"""Collects every text an artist reads, updates the catalogs beside this file, and compiles them for the plug-in.

python -m translations

A translator edits LANGUAGE.po, then runs this. The plug-in ships the compiled catalogs only.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gimp_plugin.translation import CATALOGS, DOMAIN
from nst_core.shared.presets.lookup import list_presets
from nst_core.shared.sentences import NOTES, SENTENCES
from nst_core.shared.settings import all_settings

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parent / "gimp_plugin"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
LANGUAGES = tuple(sorted(path.stem for path in HERE.glob("*.po")))

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""The date in all catalogs, so that they change only when a text does."""
OMITTED = (b'"Project', b'"Report', b'"POT', b'"PO-', b'"Last', b'"Language-Team', b'"Generated')
"""Beginnings of header lines that are left out: the repository has the history."""


def texts() -> Catalog:
    """Every text, without translations: of the plug-in's code, the settings, built-in presets, errors and notes."""
    catalog = Catalog(project="Neural Style for GIMP", charset="utf-8", header_comment="", fuzzy=False)
    for file, _line, message, comments, _context in extract_from_dir(SOURCES, keywords=KEYWORDS):
        catalog.add(message, locations=[(file, 0)], auto_comments=comments)
    for place, text in (*_of_settings(), *_of_presets(), *_of_sentences()):
        catalog.add(text, locations=[(place, 0)])
    return catalog


def _of_settings() -> Iterator[tuple[str, str]]:
    for setting in all_settings():
        info = setting.info
        options = [text for option in info.options for text in (option.label, option.help)]
        for text in filter(None, (info.label, info.help, info.unit, info.zero, *options)):
            yield f"setting {setting.name}", text


def _of_presets() -> Iterator[tuple[str, str]]:
    for preset in list_presets().presets:
        if preset.builtin:
            yield f"preset {preset.slug}", preset.title
            yield f"preset {preset.slug}", preset.description


def _of_sentences() -> Iterator[tuple[str, str]]:
    for code, texts in (SENTENCES | {code: (text,) for code, text in NOTES.items()}).items():
        for text in filter(None, texts):
            yield f"sentence {code}", text


def read(language: str) -> Catalog:
    """The catalog of a language."""
    with (HERE / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    catalog.creation_date = catalog.revision_date = NEVER
    return catalog


def written(catalog: Catalog) -> bytes:
    """The catalog as a .po file, which changes only when a text does."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, include_lineno=False, sort_output=True, width=110, ignore_obsolete=True)
    lines = buffer.getvalue().lstrip().split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith(OMITTED))


def compiled(catalog: Catalog) -> bytes:
    """The catalog as gettext reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """The texts without a translation."""
    pairs = ((message.id, message.string) for message in catalog if message.id)
    return [str(text) for text, said in pairs if not all(said if isinstance(said, (list, tuple)) else [said])]


def main() -> None:
    """Update and compile all catalogs."""
    wanted = texts()
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(wanted, no_fuzzy_matching=True)
        (HERE / f"{language}.po").write_bytes(written(catalog))
        folder = CATALOGS / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{DOMAIN}.mo").write_bytes(compiled(read(language)))  # without the time of day in `wanted`
        print(f"{language}: {len(catalog)} texts, {len(missing(catalog))} not translated")


if __name__ == "__main__":
    main()
