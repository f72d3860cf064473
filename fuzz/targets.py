"""The functions to fuzz. They take any bytes, and raise only for a bug.

Each passes the bytes to code that reads foreign input, and ignores NeuralStyleError.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.cli.job_inputs import read_recipe
from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.painting.recipe import require_same
from nst_core.shared.client.launch import engine_command
from nst_core.shared.errors import NeuralStyleError
from nst_core.shared.presets import preset_json
from nst_core.shared.presets.archive import import_preset
from nst_core.shared.presets.library import files_of, to_draft
from nst_core.shared.presets.lookup import Roots
from nst_core.shared.settings import Settings, from_mapping, to_mapping
from nst_core.shared.wire import frames, protocol
from nst_core.shared.wire.messages import Pixels, StylePixels, Stylize
from nst_core.worker.convert import job_of

MAX_BYTES = 2**20  # of pictures in a frame; more would be slow


def frame(raw: bytes) -> None:
    """Frames, decoded as requests and as events; a decoded message is encoded again."""
    wire = io.BytesIO(raw)
    with suppress(NeuralStyleError, EOFError):
        while True:
            read = frames.read_frame(wire, lambda: MAX_BYTES)
            for decode in (protocol.decode_request, protocol.decode_event):
                with suppress(NeuralStyleError):
                    _check_round_trip(decode(read))


def job(raw: bytes) -> None:
    """A request with these bytes as settings and as pixels: the pixels of its job are in [0, 1]."""
    pixels = (raw * (32 * 32 * 16 // max(1, len(raw)) + 1) if raw else bytes(1))[: 32 * 32 * 16].ljust(32 * 32 * 16)
    header = {"type": "stylize", "job": 1, "content": {"width": 32, "height": 32}, "part": 1.0, "previews": 0.0}
    style = {"kind": "pixels", "weight": 1.0, "width": 32, "height": 32}
    attachments = tuple(frames.Attachment(role, pixels) for role in ("content", "style"))
    with suppress(NeuralStyleError):
        sent = frames.Frame({**header, "settings": _settings(raw), "styles": [style]}, attachments)
        request = protocol.decode_request(sent)
        assert isinstance(request, Stylize)
        made = job_of(request)
        for picture in (made.content, made.styles[0].pixels):
            assert np.isfinite(picture).all()
            assert 0 <= picture.min() <= picture.max() <= 1


def settings(raw: bytes) -> None:
    """Settings as JSON: refused, or equal after writing and reading them again."""
    with suppress(NeuralStyleError, ValueError, RecursionError):
        values = json.loads(raw)
        if isinstance(values, dict):
            made = from_mapping(values)
            assert from_mapping(to_mapping(made)) == made
            assert isinstance(made, Settings)


def entry(raw: bytes) -> None:
    """A preset.json: refused, or equal after writing and reading it again."""
    with suppress(preset_json.EntryError):
        made = preset_json.parse(raw)
        assert preset_json.parse(preset_json.dump(made)) == made


def archive(raw: bytes) -> None:
    """A .nstyle file: refused without a file left, or a complete preset with all files in its folder."""
    with _folder() as folder:
        file, user = folder / "a.nstyle", folder / "own"
        file.write_bytes(raw)
        try:
            files_of(to_draft(import_preset(file, Roots(folder / "none", user))))
        except NeuralStyleError:
            assert not user.exists() or not [path for path in user.iterdir() if path.name != ".lock"]
        inside = {path for path in folder.rglob("*") if path.is_relative_to(user)}
        assert set(folder.rglob("*")) - inside == {file}


def recipe(raw: bytes) -> None:
    """A recipe file: refused, or usable, at worst with a NeuralStyleError."""
    with _folder() as folder, suppress(NeuralStyleError):
        file = folder / "recipe.json"
        file.write_bytes(raw)
        found = read_recipe(str(file))
        from_mapping(found["settings"])
        require_same(_JOB, found)


def engine(raw: bytes) -> None:
    """An engine.json: refused, or a command of words."""
    with _folder() as folder, suppress(NeuralStyleError):
        (folder / "engine.json").write_bytes(raw)
        assert all(isinstance(word, str) and word for word in engine_command(folder))


def image(raw: bytes) -> None:
    """A picture file: refused, or pixels in [0, 1] that can be resized."""
    with suppress(NeuralStyleError):
        pixels = image_files.decode(raw)
        assert pixels.dtype == np.float32
        assert pixels.shape[2] in (3, 4)
        if pixels.size < MAX_BYTES:
            assert np.isfinite(pixels).all()
            assert 0 <= pixels.min() <= pixels.max() <= 1
            resize(pixels, 32, 32)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (frame, job, settings, entry, archive, recipe, engine, image)
}


def _check_round_trip(message: Any) -> None:
    """A decoded message can be encoded, and decoded again to an equal one."""
    sent = io.BytesIO()
    protocol.send(sent, message)
    sent.seek(0)
    decode = protocol.decode_event if type(message) in protocol.EVENTS.values() else protocol.decode_request
    assert decode(frames.read_frame(sent)) == message


def _settings(raw: bytes) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        values = json.loads(raw)
        if isinstance(values, dict):
            return values
    return {}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        yield Path(name)


_JOB = job_of(
    Stylize(
        Pixels(32, 32, bytes([0, 0, 128, 63]) * (32 * 32 * 4)),
        (StylePixels(Pixels(32, 32, bytes([0, 0, 128, 63]) * (32 * 32 * 4))),),
    )
)
