"""The artist's own presets: kept, changed, deleted and brought back, whatever happens in the middle."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from typing import Any

import pytest
from children import unix_only
from preset_fixtures import DRAFT, JPEG, PNG, TIFF, WEBP, names, roots, slugs

from nst_core.shared.errors import (
    BrokenPresetError,
    BuiltInPresetError,
    InvalidImageError,
    InvalidSettingError,
    UnknownPresetError,
)
from nst_core.shared.presets import folder_changes
from nst_core.shared.presets.library import (
    Draft,
    delete,
    rename,
    restore,
    save,
    save_if_new,
    slug_from,
    to_draft,
    update,
)
from nst_core.shared.presets.lookup import Roots, list_presets, load_preset
from nst_core.shared.presets.preset_json import MAX_TITLE, parse

__all__ = ["roots"]  # a fixture is used by its name


def test_a_saved_preset_is_found_again_whole(roots: Roots) -> None:
    """Texts, settings in their own types, pictures under names made here, weights, and its own thumbnail."""
    saved = save(DRAFT, roots)
    assert saved == load_preset("great wave", roots)
    assert (saved.slug, saved.title, saved.description, saved.credits) == ("great-wave", "Great Wave", "Blue", "CC0")
    assert saved.settings == {"strength": 70.0}
    assert [(style.name, style.weight) for style in saved.styles] == [("style.jpg", 2.0), ("style-2.png", 0.5)]
    assert [style.read() for style in saved.styles] == [JPEG, PNG]
    assert saved.thumbnail.name == "thumbnail.jpg"
    assert not saved.builtin
    assert names(roots.user) == ["great-wave"]


def test_a_preset_without_a_thumbnail_shows_its_style(roots: Roots) -> None:
    """No file is made up for it; a PNG keeps its kind."""
    assert save(replace(DRAFT, thumbnail=None), roots).thumbnail.name == "style.jpg"
    assert save(replace(DRAFT, thumbnail=PNG), roots).thumbnail.name == "thumbnail.png"


def test_a_preset_becomes_a_draft_and_the_same_preset_again(roots: Roots) -> None:
    """Nothing is lost on the way, so that one field can be changed."""
    for draft in (DRAFT, replace(DRAFT, thumbnail=None)):
        saved = save(draft, roots)
        again = save(to_draft(saved), roots)
        assert replace(again, slug=saved.slug, styles=(), thumbnail=saved.thumbnail) == replace(saved, styles=())
        assert again.thumbnail.name == saved.thumbnail.name


def test_pictures_are_named_by_what_they_are(roots: Roots) -> None:
    """By their first bytes, not by the name they came with."""
    saved = save(replace(DRAFT, styles=tuple(("x.gif", picture, 1.0) for picture in (TIFF, WEBP, PNG, JPEG))), roots)
    assert [style.name for style in saved.styles] == ["style.tif", "style-2.webp", "style-3.png", "style-4.jpg"]


@pytest.mark.parametrize("title", ["Great Wave", "great  wave!", "GREAT-WAVE"])
def test_nothing_is_ever_overwritten(roots: Roots, title: str) -> None:
    """The same slug gets a number, whatever has it: own or built-in, preset or file, in upper or lower case."""
    first = save(DRAFT, roots)
    assert save(replace(DRAFT, title=title), roots).slug == "great-wave-2"
    (roots.user / "Great-Wave-3").touch()
    assert save(replace(DRAFT, title=title), roots).slug == "great-wave-4"
    assert save(replace(DRAFT, title="mosaic"), roots).slug == "mosaic-2"
    assert load_preset(first.slug, roots) == first


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Große Ærø", "grosse-aero"),
        ("Łódź, été & Ångström", "lodz-ete-angstrom"),
        ("ﬁne №5", "fine-no5"),
        ("İstanbul \u0131l\u0131k", "istanbul-ilik"),
        ("日本語", "preset"),
        ("🌊", "preset"),
        ("../..", "preset"),
        ("CON", "con-preset"),
        ("Lpt1", "lpt1-preset"),
        ("con air", "con-air"),
        ("a" * 39 + " b", "a" * 39),
        ("_x.", "x"),
    ],
)
def test_a_slug_is_safe_on_every_system(title: str, slug: str) -> None:
    """Letters, digits and hyphens, never empty, never hidden, never a device of Windows."""
    assert slug_from(title) == slug


@pytest.mark.parametrize("title", ["日本", "x" * MAX_TITLE, "👩‍🎨 e\u0301", "“Ink” / 2: *?", "C:\\"])
def test_any_writing_makes_a_title(roots: Roots, title: str) -> None:
    """It is trimmed and composed, and otherwise kept as it is."""
    assert save(replace(DRAFT, title=f"  {title}\n"), roots).title == title.replace("e\u0301", "é")


@pytest.mark.parametrize("title", ["", " \t", "\u200b", "x" * 81, "a\nb", "a\x1b[31m", "a\0", "a\u2028b", "a\ud800"])
def test_a_title_that_cannot_be_shown_is_refused(roots: Roots, title: str) -> None:
    """Saving and renaming say how long it may be, and nothing is written."""
    with pytest.raises(InvalidSettingError, match="1 to 80 characters"):
        save(replace(DRAFT, title=title), roots)
    assert not roots.user.exists()
    save(DRAFT, roots)
    with pytest.raises(InvalidSettingError, match="1 to 80 characters"):
        rename("great-wave", title, roots)
    assert load_preset("great-wave", roots).title == "Great Wave"


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"styles": ()}, InvalidSettingError, "no style; choose"),
        ({"styles": (("a", JPEG, 1.0),) * 17}, InvalidSettingError, "1 to 16 styles"),
        ({"styles": (("a", JPEG, 0.0),)}, InvalidSettingError, "weigh nothing"),
        ({"styles": (("a", JPEG, float("nan")),)}, InvalidSettingError, "the weight nan"),
        ({"styles": (("cat.gif", b"GIF89a", 1.0),)}, InvalidImageError, "cat.gif is not a JPEG, PNG, WebP or TIFF"),
        ({"styles": (("cat.gif", b"", 1.0),)}, InvalidImageError, "cat.gif is not"),
        ({"styles": (("big", JPEG + bytes(2**26), 1.0),)}, InvalidImageError, "big is larger than 64 MiB"),
        ({"settings": {"strength": 101}}, InvalidSettingError, "strength is 101"),
        ({"settings": {"seed": 1}}, InvalidSettingError, "seed is no part of a look"),
        ({"settings": {"colour": 1}}, InvalidSettingError, "no setting 'colour'"),
        ({"description": "a\x1bb"}, InvalidSettingError, "description has a control character"),
        ({"credits": "x" * 70_000}, InvalidSettingError, "longer than"),
        ({"thumbnail": WEBP}, InvalidImageError, "thumbnail cannot be used"),
        ({"thumbnail": JPEG + bytes(2**22)}, InvalidImageError, "up to 4 MiB"),
    ],
)
def test_a_draft_that_could_not_be_read_again_is_not_written(
    roots: Roots, changes: dict[str, Any], error: type[Exception], reason: str
) -> None:
    """It is refused in a sentence, by saving and by updating, and what was there stays."""
    save(DRAFT, roots)
    with pytest.raises(error, match=reason):
        save(replace(DRAFT, **changes), roots)
    with pytest.raises(error, match=reason):
        update("great-wave", replace(DRAFT, **changes), roots)
    assert names(roots.user) == ["great-wave"]
    assert load_preset("great-wave", roots).settings == {"strength": 70.0}


def test_styles_are_limited_together_too(roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is saved must also fit into a file to give away."""
    monkeypatch.setattr("nst_core.shared.presets.library.MAX_PICTURES", 30)
    with pytest.raises(InvalidImageError, match="together larger"):
        save(DRAFT, roots)


def test_an_update_replaces_everything(roots: Roots) -> None:
    """The slug stays; files of the old one go."""
    save(DRAFT, roots)
    updated = update("great-wave", Draft("Small wave", (("x", WEBP, 1.0),), {}), roots)
    assert (updated.slug, updated.title, updated.settings) == ("great-wave", "Small wave", {})
    assert sorted(path.name for path in updated.thumbnail.parent.iterdir()) == ["preset.json", "style.webp"]
    assert names(roots.user) == ["great-wave"]
    with pytest.raises(UnknownPresetError, match="did you mean great-wave"):
        update("great-wav", DRAFT, roots)


def test_a_changed_built_in_preset_is_an_own_one_until_deleted(roots: Roots) -> None:
    """It wins under the same slug; deleting it shows the built-in one again, restoring it hides that again."""
    mine = update("mosaic", replace(to_draft(load_preset("mosaic", roots)), description="mine"), roots)
    assert (mine.slug, mine.builtin, load_preset("mosaic", roots).description) == ("mosaic", False, "mine")
    trashed = delete("mosaic", roots)
    assert load_preset("mosaic", roots).builtin
    assert restore(trashed, roots) == mine
    assert load_preset("mosaic", roots) == mine


@unix_only
def test_a_new_title_keeps_the_slug_and_the_rest(roots: Roots) -> None:
    """Recipes and scripts go on finding it; who reads it just then reads the old text to its end."""
    saved = save(DRAFT, roots)
    with (roots.user / "great-wave" / "preset.json").open("rb") as reading:
        renamed = rename("great-wave", " 大きな波 ", roots)
        assert parse(reading.read()).title == "Great Wave"
    assert renamed == replace(saved, title="大きな波") == load_preset("大きな波", roots)
    assert names(roots.user) == ["great-wave"]
    assert not list(roots.user.glob("*/.*"))


def test_built_in_and_unknown_presets_are_not_touched(roots: Roots) -> None:
    """Neither renamed nor deleted; and a slug is never taken for a path."""
    with pytest.raises(BuiltInPresetError, match="'mosaic' is built in"):
        rename("mosaic", "x", roots)
    with pytest.raises(BuiltInPresetError, match="'mosaic' is built in"):
        delete("mosaic", roots)
    for slug in ("mosaik", "../builtin/mosaic", "", ".", ".."):
        with pytest.raises(UnknownPresetError):
            rename(slug, "x", roots)
        with pytest.raises(UnknownPresetError):
            delete(slug, roots)
    assert load_preset("mosaic", roots).builtin


def test_a_deleted_preset_comes_back_as_it_was(roots: Roots) -> None:
    """Under another slug if its own was taken meanwhile, and only once."""
    saved = save(DRAFT, roots)
    trashed = delete("great-wave", roots)
    assert slugs(roots) == []
    assert restore(trashed, roots) == saved
    trashed = delete("great-wave", roots)
    save(replace(DRAFT, description="another"), roots)
    assert restore(trashed, roots).slug == "great-wave-2"
    with pytest.raises(UnknownPresetError, match="no longer kept"):
        restore(trashed, roots)


def test_a_broken_preset_can_be_deleted_by_its_slug(roots: Roots) -> None:
    """Its error says which; what came back broken is told."""
    folder = save(DRAFT, roots).thumbnail.parent
    (folder / "preset.json").write_text('{"format": 2}')
    (error,) = list_presets(roots).broken
    assert (error.slug, error.remedy) == ("great-wave", "update Neural Style")
    assert "a newer version" in error.message
    with pytest.raises(BrokenPresetError, match="a newer version"):
        rename("great-wave", "x", roots)
    trashed = delete(error.slug, roots)
    assert list_presets(roots).broken == ()
    with pytest.raises(BrokenPresetError, match="a newer version"):
        restore(trashed, roots)
    assert folder.is_dir()
    assert update("great-wave", DRAFT, roots).title == "Great Wave"


def test_what_was_deleted_long_ago_is_let_go(roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next write removes it; until then it can be restored, and a younger one stays."""
    now = time.time()
    save(DRAFT, roots)
    monkeypatch.setattr(time, "time", lambda: now - folder_changes.KEPT_SECONDS - folder_changes.OVERDUE_SECONDS - 10)
    old = delete("great-wave", roots)
    monkeypatch.setattr(time, "time", lambda: now - folder_changes.OVERDUE_SECONDS - 5)
    save(DRAFT, roots)
    assert old.folder.exists()
    monkeypatch.setattr(time, "time", lambda: now)
    save(DRAFT, roots)
    assert not old.folder.exists()
    young = delete("great-wave", roots)
    save(DRAFT, roots)
    assert young.folder.exists()


def test_the_same_preset_is_adopted_once(roots: Roots) -> None:
    """Own or built-in; the least difference makes another."""
    saved = save(DRAFT, roots)
    assert save_if_new(DRAFT, roots) == saved
    assert save_if_new(to_draft(load_preset("mosaic", roots)), roots).builtin
    for other in (replace(DRAFT, credits=""), replace(DRAFT, thumbnail=None), replace(DRAFT, styles=DRAFT.styles[:1])):
        assert save_if_new(other, roots) != saved
    assert slugs(roots) == ["great-wave", "great-wave-2", "great-wave-3", "great-wave-4"]


@unix_only
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_the_artists_alone_to_write(roots: Roots, umask: int) -> None:
    """The umask takes away, and nothing is ever writable for others."""
    before = os.umask(umask)
    try:
        save(DRAFT, roots)
        rename("great-wave", "x", roots)
    finally:
        os.umask(before)
    for path in [roots.user.parent, *roots.user.parent.rglob("*")]:
        wanted = 0o755 if path.is_dir() else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == wanted & ~umask, path
