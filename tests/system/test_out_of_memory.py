"""How libraries say that memory is full: real ones are asked for more than any machine has."""

from __future__ import annotations

import errno
from collections.abc import Callable

import numpy as np
import pytest
import torch
from engine_fixtures import painting, photograph

from nst_core import Job, Style, stylize
from nst_core.backends.base import Objective
from nst_core.backends.onnx import OnnxBackend
from nst_core.backends.onnx_session import ort
from nst_core.painting.run import Run
from nst_core.shared.errors import InvalidImageError, OutOfMemoryError
from nst_core.shared.settings import from_mapping
from nst_core.system.out_of_memory import as_out_of_memory, is_shortage
from nst_core.vgg.losses import Targets

ASKED = {
    "python": lambda: bytearray(1 << 60),
    "numpy": lambda: np.empty(1 << 60, np.uint8),
    "torch": lambda: torch.empty(1 << 50),
    "onnx": lambda: ort.OrtValue.ortvalue_from_shape_and_type([1 << 46], np.float32),
}


@pytest.mark.parametrize("library", ASKED)
def test_a_library_that_gets_no_memory_is_understood(library: str) -> None:
    """Its error becomes the engine's own, with what to do."""
    ask: Callable[[], object] = ASKED[library]
    with pytest.raises(OutOfMemoryError, match="does not fit") as caught, as_out_of_memory():
        ask()
    assert caught.value.remedy


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOMEM, "no room"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried to allocate 8"),
        RuntimeError("Non-zero status code: Failed to allocate memory for requested buffer of size 8"),
        RuntimeError("can't start new thread"),
    ],
    ids=["system", "cuda", "cublas", "mps", "windows", "onnx", "thread"],
)
def test_the_words_of_machines_that_are_not_here_are_understood(error: Exception) -> None:
    """Graphics cards, other systems, a session that ran: each says it in its own way."""
    assert is_shortage(error)


@pytest.mark.parametrize(
    "error",
    [
        InvalidImageError("out of memory.jpg is not a picture", "choose a PNG, JPEG, WebP or TIFF file"),
        OSError(errno.ENOENT, "no such file"),
        RuntimeError("the shapes do not match"),
        KeyError("memory"),
    ],
)
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    """A file that is called so says nothing about memory."""
    with pytest.raises(type(error)) as caught, as_out_of_memory():
        raise error
    assert caught.value is error


def test_an_error_that_is_told_already_keeps_its_words() -> None:
    """Who is nearest knows best what to do."""
    with pytest.raises(OutOfMemoryError, match="use --size"), as_out_of_memory():
        raise OutOfMemoryError("the memory is full", "use --size")


class RefusesFirstObjective(OnnxBackend):
    """A backend whose first objective finds no room, and says so in a graphics card's words."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.refused = 0

    def objective(self, targets: Targets) -> Objective:
        """See `Backend.objective`."""
        if not self.refused:
            self.refused += 1
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().objective(targets)


@pytest.mark.slow
def test_a_run_goes_on_in_tiles_whatever_the_words_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """No room outside an evaluation, where targets and the optimiser's vectors lie, is no end of the run either."""
    monkeypatch.setattr("nst_core.shared.planning.cost_model.TILES", (64,))
    backend = RefusesFirstObjective()
    settings = from_mapping({"backend": "onnx", "method": "classic", "quality": "draft"})
    job = Job(photograph(40, 304), (Style(painting(60, 80)),), settings)
    run = Run(job, backend)
    for _ in run:
        pass
    assert backend.refused == 1
    assert run.outcome().metrics.evaluations[-1] == stylize(job).metrics.evaluations[-1]
