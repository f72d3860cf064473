"""The metadata of a picture file, as far as it is still valid for a painting made from it."""

from __future__ import annotations

import io
import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO
from xml.etree import ElementTree as ET

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

KEPT_TAGS = (270, 271, 272, 305, 306, 315, 316, 18246, 18249, 33432, *range(40091, 40096))
"""TIFF tags that are kept: description, make, model, program, time, artist, computer, rating, copyright, and the texts
of Windows. Size, orientation and thumbnail are not: they describe the old file."""
DIRECTORIES = {34665: (0x927C, 0xA002, 0xA003, 0xA005), 34853: ()}
"""The Exif and GPS directories, each with tags that are dropped: the maker's note (moving breaks it), the old size."""
PNG_XMP = "XML:com.adobe.xmp"
XMP_TAG, IPTC_TAG, PHOTOSHOP_IPTC = 700, 33723, 0x0404
PNG_IPTC = "Raw profile type iptc"
_INTEROP, _COLOR_SPACE, _CAMERA = 0xA005, 0xA001, 34665
_DROPPED_XMP = (
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.adobe.com/xmp/note/",
    "http://ns.apple.com/HDRGainMap/",
    "http://ns.apple.com/pixeldatainfo/",
    "http://ns.google.com/photos/",
    "http://ns.xiaomi.com/photos/",
)
"""XMP namespaces of gain maps, films, depth maps and other blocks of a phone's file, which a painting lacks."""
_MOST_XMP = 2**24
_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]")


@dataclass(frozen=True)
class Metadata:
    """exif: TIFF tags by number, directories of tags as mappings; xmp: a packet; resolution: px per inch, x and y.

    iptc: the records of IPTC. adobe_rgb: whether Exif says that the colours are Adobe RGB.
    """

    exif: dict[int, Any]
    xmp: bytes = b""
    resolution: tuple[float, float] | None = None
    iptc: bytes = b""
    adobe_rgb: bool = False

    @property
    def added(self) -> dict[int, Any]:
        """The tags that `add_tags` shall put into a TIFF."""
        return self.exif | ({IPTC_TAG: self.iptc} if self.iptc else {})

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
        if kind == "PNG":
            found["pnginfo"] = PngInfo()
            if self.xmp:
                found["pnginfo"].add_itxt(PNG_XMP, self.xmp.decode(errors="replace"))
            if self.iptc:
                found["pnginfo"].add_text(PNG_IPTC, self.iptc_text, zip=True)
        elif self.xmp:
            found["xmp"] = self.xmp
        if self.iptc and kind == "JPEG":
            block = b"Photoshop 3.0\0" + self._photoshop
            if len(block) < 2**16 - 2:
                found["extra"] = b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
        return found

    @property
    def iptc_text(self) -> str:
        """The IPTC records in hexadecimal digits, as PNG stores them."""
        digits = self._photoshop.hex()
        lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
        return f"\niptc\n{len(self._photoshop):8}\n{lines}\n"

    @property
    def _photoshop(self) -> bytes:
        head = b"8BIM" + struct.pack(">HHI", PHOTOSHOP_IPTC, 0, len(self.iptc))
        return head + self.iptc + b"\0" * (len(self.iptc) % 2)


NONE = Metadata({})


def read_metadata(image: Image.Image) -> Metadata:
    """The metadata of an opened file. Parts that cannot be parsed are left out."""
    exif: dict[int, Any] = {}
    adobe_rgb = False
    with suppress(Exception):
        tags = image.getexif()
        adobe_rgb = _is_adobe_rgb(tags)
        exif = _kept(tags)
    xmp = image.info.get("xmp") or image.info.get(PNG_XMP) or b""
    xmp = xmp.encode() if isinstance(xmp, str) else bytes(xmp)
    resolution = None
    with suppress(Exception):
        across, down = (float(number) for number in image.info["dpi"])
        resolution = (across, down) if across >= 1 and down >= 1 else None
    iptc = b""
    with suppress(Exception):
        iptc = _iptc(image)
    return Metadata(exif, painting_xmp(xmp), resolution, iptc, adobe_rgb)


def tiff_metadata(encoded: bytes, offset: int | None = None) -> Metadata:
    """The metadata of a TIFF, or of a raw file based on TIFF. offset: of the directory, bytes; None: the first."""
    with suppress(Exception):
        tags = Image.Exif()
        tags.bigtiff, tags.endian = b"+" in encoded[2:4], "<" if encoded[:2] == b"II" else ">"
        first = ImageFileDirectory_v2(encoded[: 16 if tags.bigtiff else 8]).next
        tags.load_from_fp(io.BytesIO(encoded), first if offset is None else offset)
        across, down = (float(tags.get(tag, 0)) * (2.54 if tags.get(296) == 3 else 1) for tag in (282, 283))
        resolution = (across, down) if across >= 1 and down >= 1 and tags.get(296) != 1 else None
        xmp, iptc = tags.get(XMP_TAG, b""), tags.get(IPTC_TAG, b"")
        iptc = (
            struct.pack(f"{'<' if encoded[:2] == b'II' else '>'}{len(iptc)}L", *iptc)
            if isinstance(iptc, tuple)
            else iptc
        )
        return Metadata(_kept(tags), painting_xmp(bytes(xmp)), resolution, bytes(iptc), _is_adobe_rgb(tags))
    return NONE


def painting_xmp(xmp: bytes) -> bytes:
    """The XMP packet with upright orientation, and without what describes only the photograph's file."""
    xmp = _ORIENTATION.sub(rb"\g<1>1", xmp.rstrip(b"\0"))
    if not any(namespace.encode() in xmp for namespace in _DROPPED_XMP):
        return xmp
    if len(xmp) > _MOST_XMP or b"<!DOCTYPE" in xmp or b"<!ENTITY" in xmp:
        return b""
    try:
        names = [event[1] for event in ET.iterparse(io.BytesIO(xmp), ("start-ns",))]  # noqa: S314 - without entities
        root = ET.fromstring(xmp)  # noqa: S314 - as above
    except ET.ParseError:
        return b""
    for prefix, namespace in names:
        with suppress(ValueError):  # a prefix that ElementTree reserves
            ET.register_namespace(prefix, namespace)
    dropped = tuple(f"{{{namespace}" for namespace in _DROPPED_XMP)
    for element in root.iter():
        for name in [name for name in element.attrib if name.startswith(dropped)]:
            del element.attrib[name]
        for child in [child for child in element if child.tag.startswith(dropped)]:
            element.remove(child)
    return b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n%s\n<?xpacket end="w"?>' % (
        ET.tostring(root, "utf-8")
    )


def _iptc(image: Image.Image) -> bytes:
    if (blocks := image.info.get("photoshop")) is not None:
        return bytes(blocks.get(PHOTOSHOP_IPTC, b""))
    text = image.info.get(PNG_IPTC)
    if not isinstance(text, str):
        return b""
    block = bytes.fromhex("".join(text.split()[2:]))
    if not block.startswith(b"8BIM"):
        return block
    length = int.from_bytes(block[8:12], "big")
    return block[12 : 12 + length] if block[4:6] == b"\4\4" else b""


def _is_adobe_rgb(tags: Image.Exif) -> bool:
    camera = tags.get_ifd(_CAMERA)
    index = tags.get_ifd(_INTEROP).get(1, "")
    index = index.decode("ascii", "replace") if isinstance(index, bytes) else str(index)
    return index.strip("\0 ") == "R03" or camera.get(_COLOR_SPACE) == 2


def _kept(exif: Image.Exif) -> dict[int, Any]:
    found: dict[int, Any] = {tag: exif[tag] for tag in KEPT_TAGS if tag in exif}
    for directory, dropped in DIRECTORIES.items():
        tags = {tag: value for tag, value in exif.get_ifd(directory).items() if tag not in dropped}
        if tags:
            found[directory] = tags
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
    """Add tags to a finished TIFF file of one picture, by a longer directory at its end that replaces the first.

    libvips writes no EXIF tags into TIFF files, and Pillow no directories of them into compressed ones.
    """
    file.seek(0)
    start = file.read(8)
    order = "<" if start[:2] == b"II" else ">"
    file.seek(struct.unpack(order + "L", start[4:])[0])
    entries = [file.read(12) for _ in range(struct.unpack(order + "H", file.read(2))[0])]
    place = file.seek(0, io.SEEK_END)
    place += place % 2
    directory = ImageFileDirectory_v2(prefix=start[:2])
    for tag, value in tags.items():
        directory[tag] = value
    added = directory.tobytes(place + 12 * len(entries))
    end = 2 + 12 * len(tags)
    entries += [added[at : at + 12] for at in range(2, end, 12)]
    entries.sort(key=lambda entry: struct.unpack(order + "H", entry[:2]))
    file.seek(place)
    file.write(struct.pack(order + "H", len(entries)) + b"".join(entries) + added[end:])
    file.seek(4)
    file.write(struct.pack(order + "L", place))
