"""Saves pictures that have no file (pasted, or cut out of others) beside the user's presets.

A file has the digest of its pixels in its name, so that each picture is saved once and recipes find it again.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import re
import urllib.parse
from pathlib import Path

from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import GdkPixbuf
from gimp_plugin.looks.thumbnails import MOST_PIXELS
from gimp_plugin.translation import _
from nst_core.shared.atomic_files import replace_file
from nst_core.shared.errors import InvalidImageError, UnwritableOutputError
from nst_core.shared.presets.lookup import user_root
from nst_core.shared.settings import MIN_SIDE

FOLDER = "pictures"
DIGITS = 8  # of the digest
MOST_DATA = 2**27  # characters of a `data:` address
MOST_STEM = 60  # characters


def save(picture: GdkPixbuf.Pixbuf, stem: str) -> Path:
    """Save a picture as a PNG. Raises InvalidImageError if it is too small, UnwritableOutputError."""
    if min(picture.get_width(), picture.get_height()) < MIN_SIDE:
        raise InvalidImageError(
            _("the picture is {width} x {height} px").format(width=picture.get_width(), height=picture.get_height()),
            _("use one of at least {side} px on each side").format(side=MIN_SIDE),
        )
    digest = hashlib.sha256(repr((picture.get_width(), picture.get_height())).encode() + picture.get_pixels())
    _done, encoded = picture.save_to_bufferv("png", [], [])
    plain = re.sub(r"[^\w., -]+", "", stem).strip(" .")[:MOST_STEM] or _("picture")
    folder = user_root().parent / FOLDER
    path = folder / f"{plain}-{digest.hexdigest()[:DIGITS]}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, bytes(encoded))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = _("{name} cannot be written ({reason})").format(name=repr(path.name), reason=reason)
        raise UnwritableOutputError(message, _("make room, or choose a picture file")) from error
    return path


def of_data(uri: str) -> GdkPixbuf.Pixbuf | None:
    """The picture inside a `data:` address from a browser; None for anything else."""
    head, comma, body = uri[:MOST_DATA].partition(",")
    if not comma or not head.startswith("data:image/"):
        return None
    loader, sizes = GdkPixbuf.PixbufLoader(), list[int]()

    def check_size(loading: GdkPixbuf.PixbufLoader, width: int, height: int) -> None:
        sizes.append(width * height)
        if sizes[0] > MOST_PIXELS:
            loading.set_size(1, 1)

    loader.connect("size-prepared", check_size)
    try:
        encoded = base64.b64decode(body) if head.endswith(";base64") else urllib.parse.unquote_to_bytes(body)
        loader.write(encoded)
        loader.close()
    except (GLib.Error, binascii.Error, ValueError):
        with contextlib.suppress(GLib.Error):
            loader.close()
        return None
    found: GdkPixbuf.Pixbuf | None = loader.get_pixbuf() if sizes and sizes[0] <= MOST_PIXELS else None
    return found
