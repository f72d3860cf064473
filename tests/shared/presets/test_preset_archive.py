"""Presets given away and received: the same again, or refused with a reason, whatever is in the file."""

from __future__ import annotations

import io
import json
import os
import random
import stat
import struct
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from children import unix_only
from preset_fixtures import DRAFT, JPEG, PNG, WEBP, names, roots, slugs

from nst_core.shared.errors import BrokenPresetError, InvalidImageError, UnwritableOutputError
from nst_core.shared.presets import archive
from nst_core.shared.presets.archive import export_preset, import_preset
from nst_core.shared.presets.library import delete, rename, save, to_draft
from nst_core.shared.presets.lookup import Roots, load_preset

__all__ = ["roots"]  # a fixture is used by its name

ENTRY: dict[str, Any] = {"format": 1, "title": "Ink", "styles": [{"file": "style.jpg"}], "settings": {"strength": 60}}

Members = list[tuple[str | zipfile.ZipInfo, bytes]]


def packed(members: Members, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members, in this order, duplicates too."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", compression) as archive:
        warnings.simplefilter("ignore")
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def members(*others: tuple[str | zipfile.ZipInfo, bytes], **changes: object) -> Members:
    """Those of a good preset, its entry changed, and others after them."""
    return [("preset.json", json.dumps({**ENTRY, **changes}).encode()), ("style.jpg", JPEG), *others]


def member(name: str, **attributes: object) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    return made


def patched(content: bytes, field: int, value: int) -> bytes:
    """A zip with a two-byte field of its last entry set, at this place of the list of members, and in its header."""
    changed = bytearray(content)
    central = content.rfind(b"PK\x01\x02")
    struct.pack_into("<H", changed, central + field, value)
    struct.pack_into("<H", changed, content.rfind(b"PK\x03\x04") + field - 2, value)
    return bytes(changed)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Größe 1.nstyle"


def test_an_exported_preset_comes_back_whole(roots: Roots, file: Path) -> None:
    """Texts, settings, weights, pictures and thumbnail; on another machine under a slug of its own title."""
    saved = save(DRAFT, roots)
    export_preset(saved, file)
    other = replace(roots, user=roots.user.parent / "other")
    assert to_draft(import_preset(file, other)) == to_draft(saved)
    assert slugs(other) == ["great-wave"]


def test_the_same_preset_gives_the_same_bytes(roots: Roots, file: Path) -> None:
    """Whenever and wherever it is written: no dates, a fixed order, nothing compressed."""
    first, second = save(DRAFT, roots), save(DRAFT, roots)
    os.utime(second.styles[0].path, (1e9, 1e9))
    export_preset(first, file)
    before = file.read_bytes()
    export_preset(second, file)
    assert file.read_bytes() == before
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["preset.json", "style-2.png", "style.jpg", "thumbnail.jpg"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_importing_again_gives_what_is_there(roots: Roots, file: Path) -> None:
    """The own one, or the built-in one, as long as it is the same; else another beside it."""
    saved = save(DRAFT, roots)
    export_preset(saved, file)
    assert import_preset(file, roots) == saved
    rename(saved.slug, "Small Wave", roots)
    assert import_preset(file, roots).slug == "great-wave-2"
    assert import_preset(file, roots).slug == "great-wave-2"
    export_preset(load_preset("mosaic", roots), file)
    assert import_preset(file, roots).builtin
    delete("great-wave", roots)
    assert slugs(roots) == ["great-wave-2"]


def test_a_hand_made_preset_is_exported_in_order(roots: Roots, file: Path) -> None:
    """Its pictures get the names that all have; a picture used twice comes twice, a strange thumbnail stays behind."""
    folder = roots.user / "mine"
    folder.mkdir(parents=True)
    entry = ENTRY | {"styles": [{"file": "Größe 1.JPG"}, {"file": "Größe 1.JPG", "weight": 3}]}
    (folder / "preset.json").write_text(json.dumps(entry))
    (folder / "Größe 1.JPG").write_bytes(PNG)
    (folder / "thumbnail.jpg").write_bytes(b"GIF89a")
    export_preset(load_preset("mine", roots), file)
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["preset.json", "style-2.png", "style.png"]
    (folder / "Größe 1.JPG").write_bytes(b"GIF89a")
    with pytest.raises(InvalidImageError, match=r"Größe 1\.JPG is not a JPEG"):
        export_preset(load_preset("mine", roots), file)


def test_an_export_that_fails_keeps_the_old_file(roots: Roots, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder may not exist, be a file, or be full; nothing is left beside it."""
    saved = save(DRAFT, roots)
    for place in (file.parent / "none" / "x.nstyle", file.parent, saved.styles[0].path / "x", Path("a\0b")):
        with pytest.raises(UnwritableOutputError, match="cannot be written to"):
            export_preset(saved, place)
    file.write_bytes(b"old")
    before = sorted(file.parent.iterdir())
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(UnwritableOutputError, match="No space left on device"):
        export_preset(saved, file)
    assert file.read_bytes() == b"old"
    assert sorted(file.parent.iterdir()) == before


def _full(_number: int) -> None:
    raise OSError(28, os.strerror(28))


def test_what_file_managers_add_is_passed_over(roots: Roots, file: Path) -> None:
    """Shadows of macOS and caches of Windows are not read; other files stay behind."""
    noise: Members = [("__MACOSX/._style.jpg", b"x"), ("._preset.json", b""), (".DS_Store", b"x"), ("Thumbs.db", b"")]
    file.write_bytes(packed([*noise, *members(("readme.txt", b"hello"), ("thumbnail.png", PNG))]))
    made = import_preset(file, roots)
    assert (made.title, made.settings) == ("Ink", {"strength": 60.0})
    assert sorted(path.name for path in made.thumbnail.parent.iterdir()) == [
        "preset.json",
        "style.jpg",
        "thumbnail.png",
    ]


GOOD = packed(members())
GIANT = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 60_000, 60_000)
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no preset file"),
    "words": (b"words, no archive", "no preset file"),
    "cut off": (GOOD[:-30], "no preset file"),
    "only an end": (GOOD[-22:], "no preset file"),
    "nothing inside": (packed([]), "no preset.json"),
    "no entry": (packed([("style.jpg", JPEG)]), "no preset.json"),
    "a folder": (packed([("ink/preset.json", b"{}")]), "'ink/preset.json', which is not the plain name"),
    "no picture": (packed([members()[0]]), "picture 'style.jpg' is missing"),
    "empty picture": (packed([members()[0], ("style.jpg", b"")]), "picture 'style.jpg' is empty"),
    "no picture at all": (packed([members()[0], ("style.jpg", b"<svg>")]), "not a JPEG, PNG, WebP or TIFF"),
    "upwards": (packed(members(("../x.jpg", JPEG))), "'../x.jpg', which is not the plain name"),
    "absolute": (packed(members(("/etc/x.jpg", JPEG))), "'/etc/x.jpg', which is not"),
    "drive": (packed(members(("c:x.jpg", JPEG))), "which is not the plain name"),
    "backslash": (packed(members(("..\\x.jpg", JPEG))), "which is not the plain name"),
    "hidden": (packed(members((".x.jpg", JPEG))), "which is not the plain name"),
    "cut by a null": (packed(members(("style2.jpg", JPEG))).replace(b"style2.jpg", b"sty\0e2.jpg"), "not the plain"),
    "escape codes": (packed(members(("\x1b[31m", JPEG))), r"'\\x1b\[31m', which is not the plain"),
    "folder entry": (packed(members(("more/", b""))), "which is not the plain name"),
    "escape by the entry": (packed(members(styles=[{"file": "../style.jpg"}])), "not a file name inside"),
    "link": (packed(members((member("x.jpg", external_attr=0o120777 << 16), b"/etc/passwd"))), "which is a link"),
    "device": (packed(members((member("x.jpg", external_attr=0o020777 << 16), b""))), "which is a link and not a"),
    "twice": (packed(members(("style.jpg", PNG))), "'style.jpg' twice"),
    "twice by case": (packed(members(("STYLE.JPG", PNG))), "'STYLE.JPG' twice"),
    "twice by accents": (packed(members(("\u00e9", b""), ("e\u0301", b""))), "twice"),
    "encrypted": (patched(GOOD, 8, 0x1), "which is encrypted; ask for a file without a password"),
    "odd compression": (patched(GOOD, 10, 99), "compressed in an unknown way"),
    "bzip2": (packed(members(), zipfile.ZIP_BZIP2), "compressed in an unknown way"),
    "patch data": (patched(GOOD, 8, 0x20), "no preset file"),
    "many": (packed(members(*((f"{number}.jpg", b"") for number in range(64)))), "more than 64 files"),
    "a multitude": (packed(members(*((f"{number}.jpg", b"") for number in range(4000)))), "no preset file"),
    "long entry": (packed([("preset.json", b" " * 70_000)]), "'preset.json', which is too large"),
    "bomb": (packed([members()[0], ("style.jpg", JPEG + bytes(2**26))]), "'style.jpg', which is too large"),
    "big thumbnail": (packed(members(("thumbnail.jpg", JPEG + bytes(2**22)))), "'thumbnail.jpg', which is too large"),
    "giant picture": (packed([members()[0], ("style.jpg", GIANT)]), "style.jpg is too large"),
    "giant thumbnail": (packed(members(("thumbnail.png", GIANT))), "the thumbnail is too large"),
    "odd thumbnail": (packed(members(("thumbnail.jpg", WEBP))), "thumbnail cannot be used"),
    "not JSON": (packed([("preset.json", b"[" * 60_000)]), "not JSON"),
    "newer": (packed(members(format=2)), "made by a newer version of Neural Style; update Neural Style"),
    "no format": (packed(members(format="1")), "not of format 1"),
    "unknown field": (packed(members(author="me")), "unknown field 'author'"),
    "title": (packed(members(title="a\x1b]0;b")), "title has a control character"),
    "half a sign": (packed(members(credits="\ud800")), "credits has a control character"),
    "settings": (packed(members(settings={"strength": 1e9})), "strength is 1000000000.0"),
    "not a look": (packed(members(settings={"device": "cuda"})), "device is no part of a look"),
    "endless name": (packed(members(settings={"x" * 60_000: 1})), "no setting 'xxx"),
    "weight": (packed(members(styles=[{"file": "style.jpg", "weight": 1e999}])), "the weight inf"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_in_one_sentence(roots: Roots, file: Path, case: str) -> None:
    """It names the file, the reason and what to do, and nothing is written anywhere."""
    content, reason = BAD[case]
    file.write_bytes(content)
    before = sorted(file.parent.rglob("*"))
    with pytest.raises(BrokenPresetError, match=reason) as caught:
        import_preset(file, roots)
    assert caught.value.message.startswith(f"{file} cannot be imported: ")
    assert caught.value.remedy
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 800
    assert sorted(file.parent.rglob("*")) == before


def test_lying_sizes_are_not_believed(roots: Roots, file: Path) -> None:
    """What comes out of a member is counted; a header that announces less, or more, is damage."""
    for announced in (len(JPEG) - 1, len(JPEG) + 1, 2**31):
        changed = bytearray(GOOD)
        struct.pack_into("<I", changed, GOOD.rfind(b"PK\x01\x02") + 24, announced)
        file.write_bytes(changed)
        with pytest.raises(BrokenPresetError, match="damaged"):
            import_preset(file, roots)


def test_two_names_for_one_place_are_damage(roots: Roots, file: Path) -> None:
    """That is how bombs are built; no warning comes of it either."""
    changed = bytearray(packed(members(("thumbnail.jpg", JPEG))))
    last = changed.rfind(b"PK\x01\x02")
    first = changed.find(b"PK\x01\x02")
    changed[last + 42 : last + 46] = changed[first + 42 : first + 46]
    file.write_bytes(changed)
    with pytest.raises(BrokenPresetError, match="damaged"):
        import_preset(file, roots)


def test_pictures_are_limited_together(roots: Roots, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may be small and all of them too much: reading stops there, also for one that is named many times."""
    monkeypatch.setattr(archive, "MAX_PICTURES", 3 * len(JPEG))
    styles = [{"file": name} for name in ("style.jpg", "a", "b", "c")]
    file.write_bytes(packed(members(("a", JPEG), ("b", JPEG), ("c", JPEG), styles=styles)))
    with pytest.raises(BrokenPresetError, match="'c', which is too large"):
        import_preset(file, roots)


def test_a_file_that_is_too_large_is_not_read_in(roots: Roots, file: Path) -> None:
    """A sparse gigabyte takes no memory here."""
    with file.open("wb") as made:
        made.truncate(2**30)
    with pytest.raises(BrokenPresetError, match="larger than 264 MiB"):
        import_preset(file, roots)


@unix_only
def test_what_is_no_file_is_refused(roots: Roots, tmp_path: Path) -> None:
    """A missing one, a folder, a pipe (which would make us wait), and a name that no file can have."""
    os.mkfifo(tmp_path / "pipe")
    for path, reason in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "it is not a file"),
        (tmp_path / "pipe", "it is not a file"),
        (tmp_path / ("x" * 300), "cannot be read"),
        (Path("a\0b"), "cannot be read"),
    ):
        with pytest.raises(BrokenPresetError, match=reason):
            import_preset(path, roots)


def test_nothing_in_the_file_sets_permissions_or_dates(roots: Roots, file: Path) -> None:
    """A member may call itself executable for all; what is kept has the modes of any new file."""
    loud = member("style.jpg", external_attr=0o106777 << 16, date_time=(2099, 1, 1, 0, 0, 0))
    file.write_bytes(packed([members()[0], (loud, JPEG)]))
    made = import_preset(file, roots)
    assert not made.styles[0].path.stat().st_mode & (stat.S_ISUID | stat.S_IXUSR | stat.S_IWOTH)


def damaged(content: bytes, dice: random.Random) -> bytes:
    """The bytes with a few changes: overwritten, cut out, doubled, swapped for numbers that matter."""
    changed = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(changed))
        match dice.randrange(5):
            case 0:
                changed[place] = dice.randrange(256)
            case 1:
                changed[place : place + dice.choice([1, 2, 4])] = dice.choice([b"\xff" * 4, b"\0" * 4, b"\xfe\xff"])
            case 2:
                del changed[place : place + dice.randint(1, 40)]
            case 3:
                changed[place:place] = changed[place : place + dice.randint(1, 60)]
            case 4:
                end = max(changed.rfind(b"PK\x05\x06"), 0)
                central = max(changed.rfind(b"PK\x01\x02"), 0)
                struct.pack_into(
                    "<H",
                    changed,
                    min(dice.choice([end, central]) + dice.randrange(48), len(changed) - 2),
                    dice.choice([0, 1, 0xFFFF, 0x7FFF, 8, 12, 14, 99]),
                )
        if len(changed) < 4:
            return bytes(changed)
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_are_refused_or_give_a_whole_preset(roots: Roots, file: Path, seed: int) -> None:
    """Hundreds of random damages: never another error than ours, and never a broken or half preset."""
    dice = random.Random(seed)  # noqa: S311 - no secrets here
    good = packed(members(("thumbnail.png", PNG)), [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED][seed % 2])
    refused = 0
    for _ in range(150):
        file.write_bytes(damaged(good, dice))
        try:
            made = import_preset(file, roots)
        except BrokenPresetError as error:
            refused += 1
            assert str(error).startswith(str(file))  # noqa: PT017 - most are refused, some are not
        else:
            assert load_preset(made.slug, roots) == made
            assert to_draft(made).styles
    assert refused > 50
    assert not roots.user.exists() or not [name for name in names(roots.user) if name.startswith(".")]
