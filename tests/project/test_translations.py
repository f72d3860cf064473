"""The catalogs: complete, faithful to what is filled in, and compiled as they are."""

from __future__ import annotations

import gettext
import string

import pytest
from babel.messages.catalog import Catalog

from gimp_plugin.translation import CATALOGS, DOMAIN
from gimp_plugin.widgets.access_keys import access_key
from translations import __main__ as translations


def names(text: str) -> set[str]:
    """The placeholders in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def forms(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, (list, tuple)) else (str(text),)


@pytest.fixture(params=["de", "es", "fr", "ja"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return translations.read(request.param)


def test_every_text_has_its_translation(catalog: Catalog) -> None:
    """Nothing an artist reads is missing, and nothing is kept that nobody reads any more."""
    wanted = {message.id for message in translations.texts() if message.id}
    assert {message.id for message in catalog if message.id} == wanted, "run `python -m translations`"
    assert translations.missing(catalog) == []


def test_placeholders_and_access_keys_survive(catalog: Catalog) -> None:
    """A translation names what its text names, and underlines a letter where its text does."""
    for message in catalog:
        if not message.id:
            continue
        texts, said = forms(message.id), forms(message.string)
        assert all(names(one) == names(texts[-1]) for one in said), message.id
        assert all(("_" in one) == ("_" in texts[0]) for one in said), message.id
        assert all(one.endswith("…") == texts[0].endswith("…") for one in said), message.id


def test_what_is_shipped_is_what_was_translated(catalog: Catalog) -> None:
    """The compiled catalog is that of the text file; compiling it again gives the same bytes."""
    language = str(catalog.locale)
    shipped = gettext.translation(DOMAIN, CATALOGS, [language])
    for message in catalog:
        text, *plurals = forms(message.id)
        said = shipped.ngettext(text, plurals[0], 1) if plurals else shipped.gettext(text)
        assert not text or said == forms(message.string)[0], "run `python -m translations`"
    assert shipped.info()["pot-creation-date"].startswith(f"{translations.NEVER:%Y-%m-%d}")
    assert translations.compiled(catalog) == translations.compiled(translations.read(language))


WINDOW = (
    *("Styli_ze", "_Cancel", "Stop and _keep", "_Reset", "_More settings", "_Undo", "_Variations…"),
    *(
        "_Presets",
        "Ch_oose picture…",
        "From _layer…",
        "_Help",
        "Insert and sta_y",
        "_Draw",
        "I_n colour, as a new image",
    ),
)
"""Labels that can be seen in the window at the same time."""


def test_no_two_parts_of_the_window_answer_to_one_letter(catalog: Catalog) -> None:
    """Whatever the language."""
    said = [str(catalog[text].string) for text in WINDOW]
    keys = [access_key(label) for label in said]
    assert len(set(keys)) == len(WINDOW), dict(zip(said, keys, strict=True))
