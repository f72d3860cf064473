"""The errors of the engine, each with a stable code, a message and a remedy.

The worker sends `code`, `message` and `remedy` over the wire, and `from_code` creates an error of the same class on the
host's side. A message is one clause that says what is wrong; the remedy says what to do about it. Messages that the
plug-in translates are in `sentences`; such an error also has the sentence's key and values.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from nst_core.shared.sentences import SENTENCES, Values

if TYPE_CHECKING:
    from typing_extensions import Self


class NeuralStyleError(Exception):
    """Base of all errors that users see. They are shown without a traceback.

    sentence: key of the message in SENTENCES, with `values` for its fields; empty for a message that is not translated.
    """

    code = "internal"
    sentence = ""
    values: Values = MappingProxyType({})

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    @classmethod
    def of(cls, sentence: str, **values: str | float) -> Self:
        """The error with that sentence of SENTENCES, filled in with these values."""
        message, remedy = SENTENCES[sentence]
        error = cls(message.format(**values), remedy.format(**values))
        error.sentence, error.values = sentence, values
        return error

    def __str__(self) -> str:
        """One line: what is wrong, then what to do."""
        return f"{self.message}; {self.remedy}." if self.remedy else f"{self.message}."


class InvalidSettingError(NeuralStyleError, ValueError):
    """A setting is unknown, of the wrong type or out of its range."""

    code = "invalid-setting"


class InvalidImageError(NeuralStyleError, ValueError):
    """A file is missing, empty, truncated, not a picture, or a picture that cannot be used."""

    code = "invalid-image"


class ImageTooSmallError(InvalidImageError):
    """A picture has a side under 32 px, too few to hold the deepest features."""

    code = "image-too-small"


class ImageTooLargeError(InvalidImageError):
    """A picture has more pixels than the engine accepts (decompression bombs included)."""

    code = "image-too-large"


class NothingVisibleError(InvalidImageError):
    """Every pixel of the content, or of a style, is transparent or masked out."""

    code = "nothing-visible"


class UnsupportedLayerError(NeuralStyleError, ValueError):
    """The host's layer cannot be stylized (indexed colours, a layer group)."""

    code = "unsupported-layer"


class LayerGoneError(NeuralStyleError, LookupError):
    """The layer or its image was closed while the engine worked."""

    code = "layer-gone"


class UnknownPresetError(NeuralStyleError, LookupError):
    """No preset has that name."""

    code = "unknown-preset"


class BrokenPresetError(NeuralStyleError, ValueError):
    """A preset exists but its files cannot be used. slug: its name if it is installed, otherwise empty."""

    code = "broken-preset"
    slug = ""


class BuiltInPresetError(NeuralStyleError, ValueError):
    """A built-in preset cannot be renamed or deleted."""

    code = "built-in-preset"


class UnwritableOutputError(NeuralStyleError, OSError):
    """The result cannot be written to the requested path. kept: the file that it was written to instead, if any."""

    code = "unwritable-output"
    kept: Path | None = None


class BackendUnavailableError(NeuralStyleError, RuntimeError):
    """The requested backend or device does not exist on this machine."""

    code = "backend-unavailable"


class CardLostError(NeuralStyleError, RuntimeError):
    """The graphics card, or its driver, failed in the middle of a job."""

    code = "card-lost"


class OutOfMemoryError(NeuralStyleError, MemoryError):
    """The job does not fit into memory."""

    code = "out-of-memory"


class DamagedWeightsError(NeuralStyleError, ValueError):
    """The network's weights are missing, or differ from those of this version."""

    code = "damaged-weights"


class EngineMissingError(NeuralStyleError, FileNotFoundError):
    """The engine's command cannot be started."""

    code = "engine-missing"


class EngineUnreachableError(NeuralStyleError, ConnectionError):
    """The engine is on another machine, or outside GIMP's sandbox, and cannot be reached."""

    code = "engine-unreachable"


class EngineMismatchError(NeuralStyleError, RuntimeError):
    """Host and engine speak different versions of the protocol."""

    code = "engine-mismatch"


class EngineCrashedError(NeuralStyleError, RuntimeError):
    """The engine did not start, or ended in the middle of a job."""

    code = "engine-crashed"


class GimpMissingError(NeuralStyleError, LookupError):
    """No GIMP 3 profile folder exists for this user."""

    code = "gimp-missing"


class ProtocolError(NeuralStyleError, ValueError):
    """The other end of the wire sent something that violates the specification."""

    code = "protocol"


class CancelledError(NeuralStyleError):
    """The user cancelled; there is no result."""

    code = "cancelled"


def _with_subclasses(root: type[NeuralStyleError]) -> list[type[NeuralStyleError]]:
    return [root, *(cls for child in root.__subclasses__() for cls in _with_subclasses(child))]


def from_code(
    code: str, message: str, remedy: str = "", sentence: str = "", values: Values | None = None
) -> NeuralStyleError:
    """The error that a worker sent. An unknown code gives the base class: newer engines may have more."""
    cls = next((cls for cls in _with_subclasses(NeuralStyleError) if cls.code == code), NeuralStyleError)
    error = cls(message, remedy)
    error.sentence, error.values = sentence, dict(values or {})
    return error
