"""Valid input of every kind, with which the fuzzer starts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import numpy as np
from PIL import Image

from nst_core.shared.settings import Settings, to_mapping
from nst_core.shared.wire import protocol
from nst_core.shared.wire.messages import (
    Cancel,
    Done,
    Excerpt,
    Face,
    Faces,
    Failed,
    FindFaces,
    Pixels,
    Progress,
    Ready,
    StyleFile,
    StylePixels,
    Stylize,
)

PICTURE = Pixels(2, 2, bytes(64))
SETTINGS = json.dumps(to_mapping(Settings())).encode()
JPEG = b"\xff\xd8\xff\xe0 a jpeg picture"
ENTRY = {"format": 1, "title": "Ink", "styles": [{"file": "style.jpg", "weight": 2}], "settings": {"strength": 60}}
RECIPE = {"format": 1, "settings": {"strength": 60}, "size": [32, 32], "styles": [{"sha256": "", "weight": 1}]}
ENGINE = {"protocol": protocol.PROTOCOL, "command": ["python", "-m", "nst_core.worker"]}


def seeds(target: str) -> list[bytes]:
    """Valid inputs for a target, and an empty one."""
    simple = {"settings": SETTINGS, "job": SETTINGS, "entry": ENTRY, "recipe": RECIPE, "engine": ENGINE}
    if target in simple:
        value = simple[target]
        return [b"", value if isinstance(value, bytes) else json.dumps(value).encode()]
    return [b"", *{"frame": _frames, "archive": _archives, "image": _pictures}[target]()]


def _frames() -> Iterator[bytes]:
    style = StylePixels(PICTURE, 0.5, bytes(16))
    for message in (
        Stylize(PICTURE, (style, StyleFile(JPEG)), {"strength": 60.0}, PICTURE, bytes(16), strength_map=bytes(16)),
        Stylize(PICTURE, (style,), excerpt=Excerpt(4, 4, (0.0, 0.0, 0.5, 0.5), PICTURE, PICTURE)),
        Cancel(1),
        FindFaces(2, PICTURE),
        Faces(2, (Face(1, 1, 1, 1, 0.5),)),
        Ready(protocol.PROTOCOL, "1", ("onnx",), ("cpu",)),
        Progress(1, 1, 2, 3, 4, loss=0.5, seconds_left=1.0, fraction=0.5),
        Done(1, PICTURE, {"seed": 0}, {"seconds": 1.0}),
        Failed(1, "internal", "it failed"),
    ):
        wire = io.BytesIO()
        protocol.send(wire, message)
        yield wire.getvalue()


def _archives() -> Iterator[bytes]:
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", compression) as packed:
            packed.writestr("preset.json", json.dumps(ENTRY))
            packed.writestr("style.jpg", JPEG)
        yield file.getvalue()


def _pictures() -> Iterator[bytes]:
    values = np.random.default_rng(1).integers(0, 256, (40, 40, 4), np.uint8)
    picture = Image.fromarray(values)
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind, mode in (
        *(("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("PNG", "I;16"), ("JPEG", "RGB"), ("JPEG", "CMYK")),
        *(("WEBP", "RGBA"), ("TIFF", "RGB"), ("TIFF", "CMYK"), ("TIFF", "F"), ("GIF", "P"), ("BMP", "RGB")),
        *(("PPM", "RGB"), ("TGA", "RGB"), ("JPEG2000", "RGB")),
    ):
        file = io.BytesIO()
        source = picture.convert("L").convert(mode) if mode in {"F", "I;16"} else picture.convert(mode)
        source.save(file, kind, **({"exif": exif} if kind in {"PNG", "JPEG", "WEBP"} else {}))
        yield file.getvalue()
