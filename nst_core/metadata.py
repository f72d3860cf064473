"""What a picture file says besides its pixels, as far as it stays true of a painting made from it."""

from __future__ import annotations

import io
import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

KEPT = (270, 271, 272, 306, 315, 33432)
"""Description, make, model, time, artist, copyright; not what tells of the file itself: size, turn, thumbnail."""
FOLDERS = {34665: (0x927C, 0xA002, 0xA003, 0xA005), 34853: ()}
"""The camera's and the place's folders of tags, without the maker's note, which moving breaks, and the old size."""
PNG_XMP = "XML:com.adobe.xmp"
XMP_TAG = 700
_TURN = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]")


@dataclass(frozen=True)
class Metadata:
    """exif: TIFF tags by number, folders of tags as mappings; xmp: a packet; resolution: px per inch, x and y."""

    exif: dict[int, Any]
    xmp: bytes = b""
    resolution: tuple[float, float] | None = None

    def block(self) -> bytes:
        """The tags as an EXIF block; empty if there are none."""
        return _exif(self.exif).tobytes() if self.exif else b""

    def options(self, kind: str) -> dict[str, Any]:
        """What Pillow's `save` takes to write this in a format; for TIFF without the tags, see `add_tags`."""
        found: dict[str, Any] = {}
        if self.resolution and kind != "WEBP":
            found["dpi"] = self.resolution
        if kind == "TIFF":
            return found | {"tiffinfo": {XMP_TAG: self.xmp} if self.xmp else {}}
        if self.exif:
            found["exif"] = self.block()
        if self.xmp and kind == "PNG":
            found["pnginfo"] = PngInfo()
            found["pnginfo"].add_itxt(PNG_XMP, self.xmp.decode(errors="replace"))
        elif self.xmp:
            found["xmp"] = self.xmp
        return found


NONE = Metadata({})


def read_metadata(image: Image.Image) -> Metadata:
    """What the opened file says. What cannot be understood is left out: it is no reason to refuse a picture."""
    exif: dict[int, Any] = {}
    with suppress(Exception):
        exif = _kept(image.getexif())
    xmp = image.info.get("xmp") or image.info.get(PNG_XMP) or b""
    xmp = xmp.encode() if isinstance(xmp, str) else bytes(xmp)
    resolution = None
    with suppress(Exception):
        across, down = (float(number) for number in image.info["dpi"])
        resolution = (across, down) if across >= 1 and down >= 1 else None
    return Metadata(exif, _TURN.sub(rb"\g<1>1", xmp.rstrip(b"\0")), resolution)


def _kept(exif: Image.Exif) -> dict[int, Any]:
    found: dict[int, Any] = {tag: exif[tag] for tag in KEPT if tag in exif}
    for folder, left_out in FOLDERS.items():
        tags = {tag: value for tag, value in exif.get_ifd(folder).items() if tag not in left_out}
        if tags:
            found[folder] = tags
    _exif(found).tobytes()  # raises for values that could not be written again
    return found


def _exif(tags: dict[int, Any]) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in tags.items():
        if isinstance(value, dict):
            exif.get_ifd(tag).update(value)
        exif[tag] = value
    return exif


def add_tags(file: BinaryIO, tags: dict[int, Any]) -> None:
    """Add tags to a finished TIFF file of one picture: a longer directory at its end takes the place of the first.

    libvips writes no EXIF tags into TIFF files, and Pillow no folders of them into compressed ones.
    """
    file.seek(0)
    start = file.read(8)
    order = "<" if start[:2] == b"II" else ">"
    file.seek(struct.unpack(order + "L", start[4:])[0])
    entries = [file.read(12) for _ in range(struct.unpack(order + "H", file.read(2))[0])]
    place = file.seek(0, io.SEEK_END)
    place += place % 2
    ours = ImageFileDirectory_v2(prefix=start[:2])
    for tag, value in tags.items():
        ours[tag] = value
    added = ours.tobytes(place + 12 * len(entries))
    end = 2 + 12 * len(tags)
    entries += [added[at : at + 12] for at in range(2, end, 12)]
    entries.sort(key=lambda entry: struct.unpack(order + "H", entry[:2]))
    file.seek(place)
    file.write(struct.pack(order + "H", len(entries)) + b"".join(entries) + added[end:])
    file.seek(4)
    file.write(struct.pack(order + "L", place))
