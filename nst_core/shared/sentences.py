"""Templates of the messages that the plug-in translates, each with a stable code and named fields.

Errors and notes send their code and values over the wire; the plug-in's catalogs translate the templates. Messages that
only the command line shows are written where they are raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, str | int | float]

REINSTALL = "run `neural-style install` again"
DOCTOR = "run `neural-style doctor`"
AGAIN = "install Neural Style again"

_AFTER_CRASH = "try again; if it happens again, run `neural-style doctor`"
_ANOTHER_PICTURE = "choose another picture"
_SCALE_DOWN = "scale the picture down"
_WRITABLE = "check that you may write there and that the disk is not full"

SENTENCES: dict[str, tuple[str, str]] = {
    # memory
    "picture-too-large-for-memory": ("the picture does not fit into memory", "choose a smaller size"),
    "job-too-large-for-memory": ("the job does not fit into memory", _SCALE_DOWN),
    "request-too-large-for-memory": ("the pictures sent do not fit into memory", _SCALE_DOWN),
    "file-too-large-for-memory": ("{name}, {width} x {height} px, does not fit into memory", "use a smaller picture"),
    # backends
    "onnx-lacks-device": (
        "ONNX Runtime here cannot use {device}",
        "choose another device, or install onnxruntime-gpu",
    ),
    "torch-lacks-device": ("PyTorch here cannot use {device}", "choose another device"),
    "torch-missing": ("PyTorch is not installed", "choose the ONNX backend, or `pip install torch`"),
    "card-missing": (
        "the system shows no graphics card",
        "see whether its driver is installed, and whether it is switched on",
    ),
    "card-without-driver": (
        "no driver offers Vulkan a graphics card",
        "install the card's driver (in Debian mesa-vulkan-drivers for AMD and Intel, nvidia-driver for NVIDIA)",
    ),
    "vulkan-missing": (
        "there is no Vulkan here, by which graphics cards compute",
        "install its loader (in Debian libvulkan1) and the card's driver",
    ),
    "webgpu-missing": ("what computes on graphics cards is not installed", "{remedy}"),
    "weights-damaged": ("the model file {name} is damaged", AGAIN),
    "weights-unreadable": ("the model file {name} cannot be read", AGAIN),
    # the engine as a process
    "engine-not-ready": ("the engine was not ready within {seconds} seconds", DOCTOR),
    "engine-silent": ("the engine said nothing for {seconds} seconds", DOCTOR),
    "engine-cannot-start": ("the engine {name} cannot be started ({reason})", REINSTALL),
    "engine-other-protocol": ("the engine speaks protocol {theirs} and the plug-in {ours}", REINSTALL),
    "engine-ended": ("the engine ended with code {number}", _AFTER_CRASH),
    "engine-ended-saying": ("the engine ended with code {number} and said last: {said}", _AFTER_CRASH),
    "engine-killed": ("the engine was ended by {signal}", _AFTER_CRASH),
    "engine-killed-saying": ("the engine was ended by {signal} and said last: {said}", _AFTER_CRASH),
    "engine-closed": ("the engine was closed", ""),
    "no-room-for-engine": (
        "there is no memory or thread left to talk to the engine ({reason})",
        "close other programs and try again",
    ),
    "engine-file-missing": ("{path} does not exist", REINSTALL),
    "engine-file-unreadable": ("{path} cannot be read", REINSTALL),
    "engine-file-empty": ("{path} names no command", REINSTALL),
    # an engine elsewhere
    "command-unreadable": ("the command {text} cannot be read ({reason})", "close its quotes"),
    "command-empty": (
        "the engine's command is empty",
        "name a command, such as 'ssh HOST neural-style worker'",
    ),
    "inside-snap": (
        "this GIMP is a Snap, which cannot start programs outside itself: {reason}",
        "use your system's GIMP, its Flatpak or its AppImage",
    ),
    "inside-flatpak": (
        "this GIMP is a Flatpak and may not start programs outside its sandbox",
        "run `{command}` and start GIMP again",
    ),
    "no-engine-on-host": ("there is no engine on {host} ({said})", "install Neural Style there"),
    "host-key-unknown": (
        "the key of {host} is not known yet, or is another one than before",
        "run `ssh {host}` once and compare the key",
    ),
    "host-refuses": ("{host} asks for a password or refuses the key", "give it your key with `ssh-copy-id {host}`"),
    "host-unreachable": (
        "{host} cannot be reached ({said})",
        "check its name, that it is switched on and the network",
    ),
    "connection-lost": ("the connection to {host} broke ({said})", "check the network and try again"),
    # picture files
    "file-empty": ("{name} is empty", _ANOTHER_PICTURE),
    "file-no-picture": ("{name} is not a picture", "choose a PNG, JPEG, WebP or TIFF file"),
    "file-damaged": ("{name} is damaged or cut short", "open and save it again, or choose another"),
    "file-too-large": ("{name} is too large", "use a picture of at most {megapixels} megapixels"),
    "file-too-deep": ("{name} has more than 16 bits per channel", "save it with 8 or 16 bits"),
    "file-layers-only": (
        "{name} holds layers alone and no flattened picture",
        "save it with maximum compatibility, or as PNG",
    ),
    "file-transparent": ("{name} is fully transparent", "use a picture with something to see"),
    "file-too-small": ("{name} is {width} x {height} px", "use a picture of at least {least} px on each side"),
    # pictures of a job
    "picture-too-small": ("{name} is {width} x {height} px", "use one of at least {least} px on each side"),
    "nothing-visible": ("nothing of the picture is visible", "choose a layer with visible pixels"),
    "guides-cover-nothing": ("the guides cover nothing that is visible", "make them white where to paint"),
    # presets
    "preset-unknown": ("there is no preset {name}", "see `neural-style presets list`"),
    "preset-misspelled": ("there is no preset {name}", "did you mean {names}"),
    "preset-broken": ("the preset {name} cannot be used: {reason}", "repair or delete {folder}"),
    "preset-broken-curable": ("the preset {name} cannot be used: {reason}", "{remedy}"),
    "preset-built-in": ("the preset {name} is built in and stays as it is", "save a copy and change that"),
    "preset-forgotten": ("the deleted preset {name} is no longer kept", "save it again"),
    "preset-unwritable": ("the preset cannot be written to {folder} ({reason})", _WRITABLE),
    "preset-locked": ("another program is writing to {folder}", "try again when it has finished"),
    "preset-without-style": ("the preset has no style", "choose a style picture first"),
    "style-unreadable": ("{path} cannot be read ({reason})", "choose another preset"),
    "style-other-kind": ("{name} is not a JPEG, PNG, WebP or TIFF picture", "save it as one of these first"),
    "style-file-too-large": ("{name} is larger than {mebibytes} MiB", "use a smaller picture"),
    "styles-too-large": ("the styles are together larger than {mebibytes} MiB", "use smaller ones"),
    "thumbnail-unusable": (
        "the thumbnail cannot be used",
        "make it a JPEG or PNG picture of up to {mebibytes} MiB",
    ),
}
"""Errors by code: message and remedy."""

NOTES: dict[str, str] = {
    "memory-was-full": "the memory was full: this is the best picture so far",
    "memory-was-full-at-the-end": "the memory was full: the picture was enlarged without finer strokes",
    "too-little-memory": "there is too little memory to paint at {wanted}: painted at {had}",
    "over-budget": "no way of painting this picture takes as little as {gigabytes} GB of memory",
    "card-failed": "the graphics card failed: the processor painted on",
    "card-failed-before": "the graphics card failed at work before: it is tried again after the next start",
    "too-little-time": "the time limit was too short for a single step",
    "device-fell-back": "{device} was asked for but ONNX Runtime fell back to the processor",
    "torch-broken": "PyTorch is installed but broken, and is not used ({reason})",
    "torch-too-old": "PyTorch {found} is too old, and is not used: {least} or newer is needed",
    "device-unusable": "{device} cannot be used here, and is not ({reason})",
    "workers-differ": "the workers compute with {theirs}, this machine with {ours}",
}
"""Notes on a result or on a plan, by code."""


@dataclass(frozen=True)
class Note:
    """A sentence of NOTES with its values."""

    code: str
    values: Values = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """In English."""
        return NOTES[self.code].format(**self.values)

    def to_mapping(self) -> dict[str, Any]:
        """For the wire, with the English text for hosts that do not know the code."""
        return {"code": self.code, "values": dict(self.values), "text": str(self)}


def note(code: str, **values: str | float) -> Note:
    """The note of this code."""
    return Note(code, values)
