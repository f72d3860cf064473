"""What the engine and the presets say of errors and of finished pictures, in the artist's language.

They speak English, with names and numbers already in the sentences. A sentence that is known here is recognised, and
said with the same names and numbers; any other one stays as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from gimp_plugin.translation import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from nst_core.shared.errors import NeuralStyleError


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text as one to translate later."""
    return text


MESSAGES = (
    N_("the picture does not fit into memory"),
    N_("the job does not fit into memory"),
    N_("the pictures sent do not fit into memory"),
    N_("ONNX Runtime here cannot use {0}"),
    N_("PyTorch here cannot use {0}"),
    N_("what computes on graphics cards is not installed"),
    N_("the system shows no graphics card"),
    N_("no driver offers Vulkan a graphics card"),
    N_("there is no Vulkan here, by which graphics cards compute"),
    N_("PyTorch is not installed"),
    N_("the engine was not ready within {0} seconds"),
    N_("the engine said nothing for {0} seconds"),
    N_("the engine {0} cannot be started ({1})"),
    N_("the engine speaks protocol {0} and the plug-in {1}"),
    N_("the model file {0} is damaged"),
    N_("the model file {0} cannot be read"),
    N_("{0} is too large"),
    N_("{0} is empty"),
    N_("{0} is not a picture"),
    N_("{0} is damaged or cut short"),
    N_("{0} has more than 16 bits per channel"),
    N_("{0} is not a JPEG, PNG, WebP or TIFF picture"),
    N_("{0} is {1} x {2} px"),
    N_("{0} is fully transparent"),
    N_("nothing of the picture is visible"),
    N_("the guides cover nothing that is visible"),
    N_("there is no preset {0}"),
    N_("the preset {0} cannot be used: {1}"),
    N_("the preset {0} is built in and stays as it is"),
)
REMEDIES = (
    N_("choose a smaller size"),
    N_("scale the picture down"),
    N_("choose another device"),
    N_("choose another device, or install onnxruntime-gpu"),
    N_("choose the ONNX backend, or `pip install torch`"),
    N_("see whether its driver is installed, and whether it is switched on"),
    N_("install the card's driver (in Debian mesa-vulkan-drivers for AMD and Intel, nvidia-driver for NVIDIA)"),
    N_("install its loader (in Debian libvulkan1) and the card's driver"),
    N_("run `neural-style install` again"),
    N_("run `neural-style doctor`"),
    N_("install Neural Style again"),
    N_("use a picture of at most {0} megapixels"),
    N_("use a picture of at least {0} px on each side"),
    N_("use one of at least {0} px on each side"),
    N_("use a picture with something to see"),
    N_("choose another picture"),
    N_("choose a PNG, JPEG, WebP or TIFF file"),
    N_("open and save it again, or choose another"),
    N_("save it with 8 or 16 bits"),
    N_("save it as one of these first"),
    N_("choose a layer with visible pixels"),
    N_("make them white where to paint"),
    N_("save a copy and change that"),
)
NOTES = (
    N_("the memory was full: this is the best picture so far"),
    N_("the memory was full: the picture was enlarged without finer strokes"),
    N_("there is too little memory to paint at {0}: painted at {1} x {2} px"),
    N_("the time limit was too short for a single step"),
    N_("the graphics card failed: the processor painted on"),
    N_("{0} was asked for but ONNX Runtime fell back to the processor"),
)


def notes(metrics: Mapping[str, Any]) -> list[str]:
    """What an artist should know of a picture with these metrics."""
    said = metrics.get("notes")
    return [_said(note, NOTES) for note in said if isinstance(note, str)] if isinstance(said, list) else []


def in_words(error: NeuralStyleError) -> tuple[str, str]:
    """Message and remedy of an error."""
    return _said(error.message, MESSAGES), _said(error.remedy, REMEDIES)


def in_a_line(error: NeuralStyleError) -> str:
    """The same in one line, as `str` gives it in English."""
    return str(type(error)(*in_words(error)))


def _said(text: str, known: Sequence[str]) -> str:
    for template in known:
        found = _pattern(template).fullmatch(text)
        if found:
            return _(template).format(*found.groups())
    return text


@cache
def _pattern(template: str) -> re.Pattern[str]:
    fixed = re.split(r"\{\d\}", template)
    return re.compile("(.+?)".join(map(re.escape, fixed)), re.DOTALL)
