"""Roots with a built-in preset, and drafts, for the tests of presets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nst_core.shared.presets.library import Draft, save
from nst_core.shared.presets.lookup import Roots, list_presets

JPEG = b"\xff\xd8\xff\xe0 a jpeg picture"
PNG = b"\x89PNG\r\n\x1a\n a png picture"
WEBP = b"RIFF\x10\0\0\0WEBPVP8 a picture"
TIFF = b"II*\0 a tiff picture"
DRAFT = Draft("Great Wave", (("wave.jpeg", JPEG, 2.0), ("foam", PNG, 0.5)), {"strength": 70}, "Blue", "CC0", JPEG)


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Roots:
    """Roots with a built-in preset `mosaic`, and without own presets and their folder."""
    monkeypatch.setattr(os, "fsync", lambda _number: None)  # nobody pulls the plug, and disks are slow
    made = save(Draft("Mosaic", (("m", JPEG, 1.0),), {}), Roots(tmp_path / "none", tmp_path / "builtin"))
    (made.thumbnail.parent.parent / ".lock").unlink()
    return Roots(tmp_path / "builtin", tmp_path / "data" / "user")


def slugs(roots: Roots) -> list[str]:
    """The slugs of the artist's own presets."""
    return sorted(preset.slug for preset in list_presets(roots).presets if not preset.builtin)


def names(root: Path) -> list[str]:
    """All file names in a root, hidden ones too, except the lock."""
    return sorted(path.name for path in root.iterdir() if path.name != ".lock")
