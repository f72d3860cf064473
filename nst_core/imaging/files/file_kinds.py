"""The kind of a picture file by its first bytes, and the error with a remedy for kinds that cannot be read.

The extra `files` contains the libraries for kinds that Pillow and libvips do not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from nst_core.shared.errors import InvalidImageError

EXTRA = "pip install 'gimp-neural-style[files]'"
_CONVERT = "export it as PNG, JPEG or TIFF"


@dataclass(frozen=True)
class Kind:
    """name: for messages. module: the library that reads it; None: there is none. suffixes: of its files."""

    name: str
    module: str | None
    suffixes: tuple[str, ...]

    @property
    def readable(self) -> bool:
        """Whether the library that reads it is installed."""
        return self.module is not None and find_spec(self.module) is not None


RAW = Kind(
    "camera's raw file",
    "rawpy",
    (
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kdc"),
        *(".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf"),
        *(".srw", ".x3f"),
    ),
)
HEIC = Kind("HEIC picture", "pillow_heif", (".heic", ".heif", ".hif"))
JXL = Kind("JPEG XL picture", "pillow_jxl", (".jxl",))
PSD = Kind("Photoshop document", "OpenImageIO", (".psd", ".psb"))
EXR = Kind("OpenEXR picture", "OpenImageIO", (".exr",))
_XCF = Kind("GIMP document", None, (".xcf",))
_SVG = Kind("vector drawing (SVG)", None, (".svg", ".svgz"))
_PDF = Kind("PDF document", None, (".pdf", ".ai"))
_PS = Kind("PostScript document", None, (".eps", ".ps"))
_KRITA = Kind("Krita document", None, (".kra",))
_ORA = Kind("OpenRaster document", None, (".ora",))
_VIDEO = Kind("video", None, (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm"))
_HDR = Kind("Radiance HDR picture", None, (".hdr", ".rgbe"))
_JXR = Kind("JPEG XR picture", None, (".jxr", ".wdp", ".hdp"))
_ICO = Kind("Windows icon", None, (".ico", ".cur"))
_ICNS = Kind("Apple icon", None, (".icns",))
_DDS = Kind("DirectDraw texture", None, (".dds",))
_BY_NAME_ONLY = (
    Kind("Affinity document", None, (".afphoto", ".afdesign")),
    Kind("DICOM picture", None, (".dcm",)),
    Kind("FITS picture", None, (".fits", ".fit")),
    Kind("Windows metafile", None, (".wmf", ".emf")),
)
_READ = (RAW, HEIC, JXL, PSD, EXR)
_NOT_READ = (_XCF, _SVG, _PDF, _PS, _KRITA, _ORA, _VIDEO, _HDR, _JXR, _ICO, _ICNS, _DDS, *_BY_NAME_ONLY)
BY_SUFFIX = {suffix: kind for kind in (*_READ, *_NOT_READ) for suffix in kind.suffixes}
_STARTS = (
    (b"8BPS", PSD),
    (b"v/1\x01", EXR),
    (b"\xff\x0a", JXL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JXL),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"IIRO", RAW),
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"IIU\0", RAW),
    (b"FOVb", RAW),
    (b"\0MRM", RAW),
    (b"II\x1a\0\0\0HEAPCCDR", RAW),
    (b"II\xbc", _JXR),
    (b"gimp xcf", _XCF),
    (b"%PDF", _PDF),
    (b"%!PS", _PS),
    (b"\xc5\xd0\xd3\xc6", _PS),
    (b"#?RADIANCE", _HDR),
    (b"#?RGBE", _HDR),
    (b"\x1aE\xdf\xa3", _VIDEO),
    (b"\0\0\1\0", _ICO),
    (b"icns", _ICNS),
    (b"DDS ", _DDS),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2"}
_AVIF_BRANDS = {b"avif", b"avis"}


def kind_of(encoded: bytes) -> Kind | None:
    """The kind by a file's first bytes; None for kinds that Pillow and libvips read, and for files of other kinds."""
    if encoded[4:8] == b"ftyp":
        return _of_boxes(encoded)
    if encoded[:4] == b"RIFF" and encoded[8:12] == b"AVI ":
        return _VIDEO
    if encoded[:4] == b"PK\3\4" and encoded[30:38] == b"mimetype":
        return _KRITA if b"krita" in encoded[38:80] else _ORA if b"openraster" in encoded[38:80] else None
    if b"<svg" in encoded[:4096].lower():
        return _SVG
    return next((kind for start, kind in _STARTS if encoded.startswith(start)), None)


def _of_boxes(encoded: bytes) -> Kind | None:
    length = min(int.from_bytes(encoded[:4], "big"), 256)
    brands = {encoded[8:12], *(encoded[at : at + 4] for at in range(16, length, 4))}
    if brands & _AVIF_BRANDS:
        return None
    if b"crx " in brands:
        return RAW
    return HEIC if brands & _HEIC_BRANDS else _VIDEO


def refusal(kind: Kind, name: str) -> InvalidImageError:
    """The error for a file of a kind that cannot be read here."""
    article = "an" if kind.name[0] in "AEIOU" else "a"
    remedy = _CONVERT if kind.module is None else f"{_CONVERT}, or `{EXTRA}`"
    if kind.readable:
        return InvalidImageError(
            f"{name}, {article} {kind.name}, is damaged or of a version that cannot be read", _CONVERT
        )
    return InvalidImageError(f"{name} is {article} {kind.name}, which cannot be read here", remedy)
