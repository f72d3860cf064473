"""Pictures that libraries of the extra `files` read: raw files of cameras, HEIC, JPEG XL, Photoshop and OpenEXR."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_core.imaging.arrays import Float
from nst_core.imaging.color import encoded
from nst_core.imaging.files.color_profiles import Integers

CheckSize = Callable[[int, int], None]
"""Raises for a width and height that are too large; called before pixels are decoded."""

CLIPPED = "values that are darker than black or brighter than white were cut off"
_VERSION_INFO = 0x0421


@dataclass(frozen=True)
class Decoded:
    """The pixels of a file.

    colors: (H, W, 1, 3 or 4 inks) integers in the colours of `profile` (None: sRGB), or (H, W, 3) floats, sRGB in
    [0, 1]. alpha: (H, W, 0 or 1) in [0, 1]. notes: for the user. depth: bits per channel of the file, 8 or 16.
    """

    colors: Integers | Float
    alpha: Float
    profile: bytes | None = None
    notes: tuple[str, ...] = ()
    depth: int = 16


def register_heic() -> str:
    """Register HEIC with Pillow, and return Pillow's name for it."""
    import pillow_heif  # noqa: PLC0415 - of the extra `files`

    pillow_heif.register_heif_opener()
    return "HEIF"


def register_jxl() -> str:
    """Register JPEG XL with Pillow, and return Pillow's name for it."""
    import pillow_jxl  # noqa: F401, PLC0415 - which registers itself; of the extra `files`

    return "JXL"


def raw(encoded: bytes, check_size: CheckSize) -> Decoded:
    """A camera's raw file, developed with the camera's white balance. Raises what rawpy raises."""
    import rawpy  # noqa: PLC0415 - of the extra `files`

    with rawpy.imread(io.BytesIO(encoded)) as opened:
        check_size(opened.sizes.iwidth, opened.sizes.iheight)
        colors = opened.postprocess(use_camera_wb=True, output_bps=16, gamma=(2.4, 12.92))
    return Decoded(colors, np.ones((*colors.shape[:2], 0), np.float32))


def by_imageio(encoded: bytes, suffix: str, page: int, check_size: CheckSize) -> Decoded:
    """A Photoshop document, flattened, or an OpenEXR picture, converted to sRGB. Raises OSError, ValueError."""
    import OpenImageIO  # noqa: PLC0415 - of the extra `files`

    oiio: Any = OpenImageIO
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    with tempfile.TemporaryDirectory() as folder:  # its Python module reads only files
        file = Path(folder) / f"picture{suffix}"
        file.write_bytes(encoded)
        return _by_imageio(oiio, oiio.ImageInput.open(str(file), config), page, check_size)


def _by_imageio(oiio: Any, opened: Any, page: int, check_size: CheckSize) -> Decoded:
    if opened is None:
        raise OSError(oiio.geterror())
    try:
        if page > 1 and not opened.seek_subimage(page - 1, 0):
            raise ValueError(f"there is no picture {page}")
        spec = opened.spec()
        check_size(spec.width, spec.height)
        is_linear = str(spec.format) in {"half", "float", "double"}
        samples = opened.read_image(page - 1, 0, 0, spec.nchannels, "float" if is_linear else str(spec.format))
        if samples is None:
            raise OSError(opened.geterror())
        samples = np.asarray(samples).reshape(spec.height, spec.width, spec.nchannels)
        names = [str(name).rpartition(".")[2].upper() for name in spec.channelnames]
        profile = spec.getattribute("ICCProfile")
    finally:
        opened.close()
    colors, alpha = _channels(samples, names, spec.alpha_channel)
    if is_linear:
        clipped = bool(not np.isfinite(colors).all() or colors.max() > 1 or colors.min() < 0)
        light = np.clip(np.nan_to_num(colors, nan=0, posinf=1, neginf=0), 0, 1)
        words = np.rint(encoded(light) * 65535).astype(np.uint16)
        return Decoded(words, alpha, None, (CLIPPED,) if clipped else ())
    depth = 16 if colors.dtype == np.uint16 else 8
    return Decoded(colors, alpha, None if profile is None else bytes(np.asarray(profile, np.uint8)), depth=depth)


def has_flattened(psd: bytes) -> bool:
    """Whether a Photoshop document contains the flattened picture."""
    at = 26
    at += 4 + int.from_bytes(psd[at : at + 4], "big")
    end = at + 4 + int.from_bytes(psd[at : at + 4], "big")
    at += 4
    while at + 12 <= min(end, len(psd)) and psd[at : at + 4] in (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR"):
        number = int.from_bytes(psd[at + 4 : at + 6], "big")
        name = 1 + psd[at + 6]
        at += 6 + name + name % 2
        size = int.from_bytes(psd[at : at + 4], "big")
        if number == _VERSION_INFO:
            return psd[at + 8 : at + 9] != b"\0"
        at += 4 + size + size % 2
    return True


def _channels(samples: NDArray[Any], names: list[str], alpha_at: int) -> tuple[NDArray[Any], Float]:
    wanted = [names.index(name) for name in "RGB"] if set("RGB") <= set(names) else [0]
    if names[wanted[0]] in {"C", "L*", "LAB"} or (len(wanted) == 1 and wanted[0] == alpha_at):
        raise ValueError("its colours are neither RGB nor gray")
    alpha = samples[..., alpha_at : alpha_at + 1] if alpha_at >= 0 else samples[..., :0]
    most = 1 if alpha.dtype.kind == "f" else np.iinfo(alpha.dtype).max
    shares = np.clip(np.nan_to_num(alpha / np.float32(most)), 0, 1).astype(np.float32)
    return np.ascontiguousarray(samples[..., wanted]), shares
