"""The settings of a job.

`Settings` is the only list of options: the command line, the arguments of the GIMP procedure, the dialog and the preset
files iterate over `all_settings()`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from nst_core.shared.errors import InvalidSettingError

Value = bool | int | float | str
BALANCED = 50.0
"""The strength at which style and content are in balance."""
MIN_SIDE = 32
"""Shortest side of a picture, px: the deepest layer is 16 times smaller and needs two positions along each axis."""

Scope = Literal["look", "run", "machine"]


@dataclass(frozen=True)
class Option:
    """One entry of a choice: its stable name, its label, and a sentence of help."""

    name: str
    label: str
    help: str


@dataclass(frozen=True)
class SettingInfo:
    """Label, help, range and scope of a setting.

    scope: `look`: saved in presets; `run`: belongs to one job; `machine`: belongs to the computer. expert: shown in an
    expander in dialogs. unit: shown after a number. zero: label of the value 0, if that has a meaning of its own.
    """

    label: str
    help: str
    low: float = -math.inf
    high: float = math.inf
    options: tuple[Option, ...] = ()
    scope: Scope = "look"
    expert: bool = False
    unit: str = ""
    zero: str = ""


@dataclass(frozen=True)
class Setting:
    """A field of `Settings` and its SettingInfo. type: float, int, bool or str."""

    name: str
    type: type
    default: Value
    info: SettingInfo


@dataclass(frozen=True)
class Settings:
    """All settings of a job, validated when created.

    Raises InvalidSettingError for a value of the wrong type, out of range or not among the options.
    """

    strength: Annotated[
        float,
        SettingInfo(
            "Strength", "How far to go: 0 keeps the photograph, 50 is balanced, 100 gives the style all.", 0, 100
        ),
    ] = 50.0
    keep_faces: Annotated[
        bool, SettingInfo("Keep faces", "Paint the faces that are found more gently, so that people stay themselves.")
    ] = True
    brush_size: Annotated[
        float, SettingInfo("Brush size", "Size of the strokes: 1 as in the style picture, 2 twice as large.", 0.25, 4)
    ] = 1.0
    color: Annotated[
        Literal["style", "content", "luminance"],
        SettingInfo(
            "Colour",
            "Whose colours the result has.",
            options=(
                Option("style", "The style's colours", "Take the palette of the style picture."),
                Option("content", "The photograph's colours", "Paint with the photograph's palette."),
                Option(
                    "luminance",
                    "Light and dark only",
                    "Keep the photograph's colours exactly, change only light and dark.",
                ),
            ),
        ),
    ] = "style"
    method: Annotated[
        Literal["painterly", "classic"],
        SettingInfo(
            "Method",
            "How a style is understood.",
            options=(
                Option(
                    "painterly",
                    "Painterly",
                    "Every part of the picture is painted like the parts of the style that are most like it.",
                ),
                Option(
                    "classic",
                    "Classic",
                    "Gatys et al. 2016: the style as a whole, wherever in the picture. Needs more time.",
                ),
            ),
            expert=True,
        ),
    ] = "painterly"
    style_copies: Annotated[
        Literal["none", "mirrored", "turned"],
        SettingInfo(
            "Copies of the style",
            "Strokes in more directions, where the style picture has them in few.",
            options=(
                Option("none", "None", "The style picture as it is."),
                Option("mirrored", "Mirrored", "The style picture, and its mirror image."),
                Option("turned", "Turned", "The style picture, and a copy turned by a quarter."),
            ),
            expert=True,
        ),
    ] = "none"
    quality: Annotated[
        Literal["draft", "normal", "high", "max"],
        SettingInfo(
            "Quality",
            "Better pictures take longer.",
            options=(
                Option("draft", "Draft", "A quick look in a few seconds."),
                Option("normal", "Normal", "The balance of time and beauty."),
                Option("high", "High", "Bolder and cleaner, about twice as long."),
                Option("max", "Maximum", "Everything the method can give, however long it takes."),
            ),
            scope="run",
        ),
    ] = "normal"
    seconds: Annotated[
        float,
        SettingInfo(
            "Time limit",
            "After so many seconds the best picture so far is kept; 0 sets no limit.",
            0,
            86400,
            scope="run",
            expert=True,
            unit="s",
            zero="off",
        ),
    ] = 0.0
    seed: Annotated[int, SettingInfo("Variation", "Another number, another painting.", 0, 2**31 - 1, scope="run")] = 0
    init: Annotated[
        Literal["sketch", "content", "noise"],
        SettingInfo(
            "Start from",
            "What the painting grows from.",
            options=(
                Option(
                    "sketch", "A quick sketch", "A rough painting made in an instant: the fastest way to a good one."
                ),
                Option("content", "The photograph", "Timid at first, close to the photograph."),
                Option("noise", "Noise", "Free of the photograph's light and colours; needs the most steps."),
            ),
            expert=True,
        ),
    ] = "sketch"
    texture: Annotated[
        bool,
        SettingInfo(
            "Texture",
            "Make a texture of the style; of the photograph only its size counts.",
            scope="run",
            expert=True,
        ),
    ] = False
    seamless: Annotated[
        bool,
        SettingInfo(
            "Seamless",
            "Make opposite borders match, so that copies of the result lie side by side as tiles.",
            scope="run",
            expert=True,
        ),
    ] = False
    tv_weight: Annotated[
        float,
        SettingInfo("Smoothness", "Calms noise and speckles; too much of it blurs the strokes.", 0, 10, expert=True),
    ] = 1.0
    backend: Annotated[
        Literal["auto", "onnx", "torch"],
        SettingInfo(
            "Backend",
            "What computes the picture.",
            options=(
                Option("auto", "Automatic", "The fastest one this machine has."),
                Option("onnx", "ONNX Runtime", "Small, and fast on any processor."),
                Option("torch", "PyTorch", "Where it is installed: fast on graphics cards."),
            ),
            scope="machine",
            expert=True,
        ),
    ] = "auto"
    device: Annotated[
        Literal["auto", "cpu", "gpu", "cuda", "mps"],
        SettingInfo(
            "Device",
            "Where it computes.",
            options=(
                Option("auto", "Automatic", "A graphics card where there is one."),
                Option("cpu", "Processor", "Works everywhere."),
                Option("gpu", "Graphics card", "Of any make; needs the extra `webgpu`."),
                Option("cuda", "NVIDIA graphics card", "Needs a CUDA build of the backend."),
                Option("mps", "Apple graphics", "Needs PyTorch on a Mac."),
            ),
            scope="machine",
            expert=True,
        ),
    ] = "auto"
    memory: Annotated[
        float,
        SettingInfo(
            "Memory",
            "How many GB a painting may take; 0 takes what is free. With less, it is painted part by part.",
            0,
            4096,
            scope="machine",
            expert=True,
            unit="GB",
            zero="automatic",
        ),
    ] = 0.0

    @property
    def paints(self) -> bool:
        """Whether there is anything to paint: at strength 0 the result is the photograph."""
        return self.strength > 0

    @property
    def by_pieces(self) -> bool:
        """Whether pieces of the styles are matched."""
        return self.method == "painterly"

    @property
    def from_noise(self) -> bool:
        """Whether the start image is noise, unless an init picture is given."""
        return self.texture or self.init == "noise"

    @property
    def drafted(self) -> bool:
        """Whether only a coarse picture is painted, and upscaled."""
        return self.quality == "draft"

    @property
    def boldness(self) -> float:
        """The strength relative to BALANCED."""
        return self.strength / BALANCED

    def __post_init__(self) -> None:
        for setting in all_settings():
            object.__setattr__(self, setting.name, checked(setting, getattr(self, setting.name)))


def _setting(field: dataclasses.Field[Any], hint: Any) -> Setting:
    kind, info = get_args(hint)[:2]
    if get_origin(kind) is Literal:
        if get_args(kind) != tuple(option.name for option in info.options):
            raise TypeError(f"{field.name}: its options are not those of its type")
        kind = str
    return Setting(field.name, kind, typing.cast("Value", field.default), info)


@functools.cache
def all_settings() -> tuple[Setting, ...]:
    """All settings in the order in which they are shown."""
    hints = get_type_hints(Settings, include_extras=True)
    return tuple(_setting(field, hints[field.name]) for field in dataclasses.fields(Settings))


def checked(setting: Setting, value: object) -> Value:
    """The value converted to the setting's type. Raises InvalidSettingError with the allowed values."""
    name, info = setting.name, setting.info
    if setting.type is str:
        allowed = [option.name for option in info.options]
        if not isinstance(value, str) or value not in allowed:
            raise InvalidSettingError(f"{name} is {value!r}", f"it must be one of {', '.join(allowed)}")
        return value
    if setting.type is bool:
        if not isinstance(value, bool):
            raise InvalidSettingError(f"{name} is {value!r}", "it must be true or false")
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and info.low <= value <= info.high:
        if setting.type is float:
            return float(value)
        if float(value).is_integer():
            return int(value)
    kind = "a number" if setting.type is float else "a whole number"
    raise InvalidSettingError(f"{name} is {value!r}", f"it must be {kind} in [{info.low:g}, {info.high:g}]")


def from_mapping(values: Mapping[str, object], base: Settings | None = None) -> Settings:
    """Settings with `values`, and for all others those of `base` (the defaults if None).

    Raises InvalidSettingError for a name that does not exist or a value that is not allowed.
    """
    known = {setting.name for setting in all_settings()}
    for name in values:
        if name not in known:
            raise InvalidSettingError(f"there is no setting {name!r}", f"the settings are {', '.join(sorted(known))}")
    return dataclasses.replace(base or Settings(), **typing.cast("dict[str, Any]", dict(values)))


def to_mapping(settings: Settings, scope: Scope | None = None) -> dict[str, Value]:
    """The settings as plain values, all of them or those of one scope."""
    chosen = [setting for setting in all_settings() if scope in (None, setting.info.scope)]
    return {setting.name: getattr(settings, setting.name) for setting in chosen}
