"""Small picture files of unusual kinds, which libraries would not write."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]

H, W = 48, 64
ACROSS = np.linspace(0, 1, W)[None, :] * np.ones((H, 1))
GRAY = np.repeat(ACROSS[..., None], 3, 2)
RGB = np.dstack([ACROSS, np.linspace(0, 1, H)[:, None] * np.ones((1, W)), np.full((H, W), 0.5)])
ALPHA = 0.25 + 0.75 * RGB[..., 1:2]
INKS = np.dstack([1 - RGB, np.zeros((H, W))])
LAB = np.dstack([RGB[..., 1] * 60 + 20, RGB[..., 0] * 20 - 10, np.full((H, W), 10.0)])
EIGHT = 1.01 / 255
"""How far a value may be that was cut to 8 bits."""


def as_numbers(values: Array, kind: str) -> Array:
    """Values in [0, 1] as numbers of this type; of integers the largest is 1."""
    dtype = np.dtype(kind)
    if dtype.kind == "u" and dtype.itemsize == 8:  # of which a float holds 53 bits
        values = np.rint(values * (2**32 - 1)).astype("u8") * (2**32 + 1)
    elif dtype.kind == "u":
        values = np.rint(values * np.iinfo(dtype).max)
    return values.astype(dtype)


def tiff(  # noqa: PLR0913 - a TIFF has so many properties
    values: Array,
    photometric: int,
    bits: int | None = None,
    *,
    order: str = "<",
    big: bool = False,
    planar: bool = False,
    tile: int = 0,
    **more: int,
) -> bytes:
    """An uncompressed TIFF of (H, W) or (H, W, C). more: values of further tags by their numbers, as t338=2."""
    cube = values if values.ndim == 3 else values[..., None]
    height, width, channels = cube.shape
    depth = bits or cube.dtype.itemsize * 8
    pieces = _pieces(cube, depth, planar=planar, tile=tile)
    extra = channels - {5: 4, 0: 1, 1: 1}.get(photometric, 3)
    tags = {256: [width], 257: [height], 258: [depth] * channels, 259: [1], 262: [photometric], 277: [channels]}
    tags |= {322: [tile], 323: [tile]} if tile else {278: [height]}
    tags |= {284: [2]} if planar else {}
    for name, value in more.items():
        number = int(name[1:])
        tags[number] = [value] * (channels if number == 339 else max(1, extra) if number == 338 else 1)
    places, sizes = (324, 325) if tile else (273, 279)
    tags |= {places: [0] * len(pieces), sizes: [len(piece) for piece in pieces]}
    start = 16 if big else 8
    length = len(_directory(tags, start, order, big=big))
    at = start + length
    for number, piece in enumerate(pieces):
        tags[places][number] = at
        at += len(piece)
    mark = {"<": b"II", ">": b"MM"}[order]
    head = struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8)
    return mark + head + _directory(tags, start, order, big=big) + b"".join(pieces)


def _pieces(cube: Array, depth: int, *, planar: bool, tile: int) -> list[bytes]:
    if planar:
        return [np.ascontiguousarray(cube[..., channel]).tobytes() for channel in range(cube.shape[2])]
    if tile:
        height, width = cube.shape[:2]
        corners = [(y, x) for y in range(0, height, tile) for x in range(0, width, tile)]
        return [np.ascontiguousarray(cube[y : y + tile, x : x + tile]).tobytes() for y, x in corners]
    if depth in (1, 2, 4, 12):
        digits = (cube[..., 0, None] >> np.arange(depth - 1, -1, -1)) & 1
        return [np.packbits(digits.reshape(len(cube), -1).astype("u1"), axis=1).tobytes()]
    return [np.ascontiguousarray(cube).tobytes()]


def _directory(tags: dict[int, list[int]], start: int, order: str, *, big: bool) -> bytes:
    room, counts, inner = (8, "Q", 20) if big else (4, "I", 12)
    begin = struct.pack(order + ("Q" if big else "H"), len(tags))
    base = start + len(begin) + inner * len(tags) + room
    entries, block = b"", b""
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        entries += struct.pack(order + "HH" + counts, tag, 4, len(values))
        if len(packed) <= room:
            entries += packed.ljust(room, b"\0")
        else:
            entries += struct.pack(order + counts, base + len(block))
            block += packed
    return begin + entries + bytes(room) + block


def tiff_with_thumbnail(values: Array, photometric: int = 2) -> bytes:
    """A TIFF whose first picture is a thumbnail of (H, W, 3) bytes, and whose second is the full picture.

    photometric: of the whole, as a camera's raw file has it.
    """
    file = io.BytesIO()
    small = Image.fromarray(values).resize((values.shape[1] // 4, values.shape[0] // 4))
    small.save(file, "TIFF", tiffinfo={254: 1}, save_all=True, append_images=[Image.fromarray(values)])
    encoded = bytearray(file.getvalue())
    first = struct.unpack_from("<I", encoded, 4)[0]
    count = struct.unpack_from("<H", encoded, first)[0]
    second = struct.unpack_from("<I", encoded, first + 2 + 12 * count)[0]
    for number in range(struct.unpack_from("<H", encoded, second)[0]):
        at = second + 2 + 12 * number
        tag = struct.unpack_from("<H", encoded, at)[0]
        if tag == 254:
            struct.pack_into("<I", encoded, at + 8, 0)
        if tag == 262:
            struct.pack_into("<H", encoded, at + 8, photometric)
    return bytes(encoded)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file of this kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(values: Array, **chunks: bytes) -> bytes:
    """A PNG of (H, W, 1 or 3) bytes with further chunks in front of its pixels."""
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    return png_of_shape(values.shape, rows, *((name.encode(), content) for name, content in chunks.items()))


def png_of_shape(shape: tuple[int, ...], rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that announces (H, W, 1 or 3), whatever its rows are. chunks: kind and content of those before them."""
    height, width, channels = shape
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    parts = (b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)


def psd(values: Array, resources: bytes = b"") -> bytes:
    """A flattened Photoshop document of (H, W, 1 or 3) bytes or big-endian words, uncompressed."""
    height, width, channels = values.shape
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, channels, height, width, values.dtype.itemsize * 8, channels)
    parts = struct.pack(">II", 0, len(resources)) + resources + struct.pack(">I", 0)
    return head + parts + struct.pack(">H", 0) + np.ascontiguousarray(values.transpose(2, 0, 1)).tobytes()


def psd_of_layers_alone(values: Array) -> bytes:
    """A Photoshop document that says that it was saved without the flattened picture."""
    return psd(values, b"8BIM" + struct.pack(">HHI", 0x0421, 0, 6) + struct.pack(">IBB", 1, 0, 0))


def gain_map_xmp() -> bytes:
    """XMP of a phone, with an author, a gain map and a film."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
        b' xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1"'
        b' xmlns:Container="http://ns.google.com/photos/1.0/container/"'
        b' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
        b' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:AuthorsPosition="Somebody">'
        b'<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource">'
        b'<Container:Item Item:Semantic="GainMap"/></rdf:li></rdf:Seq></Container:Directory>'
        b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def cut_jpeg(cut: int) -> bytes:
    """A JPEG of 24 rows of blocks, without its last bytes."""
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (24 * 16, 64, 3), np.uint8)
    Image.fromarray(noise).save(file, "JPEG", quality=90)
    encoded = file.getvalue()
    return encoded[: len(encoded) - cut]
