"""A budget for memory: what a plan says of one that is too small, and what a graphics card really holds."""

from __future__ import annotations

import pytest
import torch
from engine_fixtures import painting, photograph

from nst_core import Job, Style
from nst_core.backends.torch import TorchBackend
from nst_core.planned import planned
from nst_core.run import Run
from nst_core.settings import from_mapping


def test_a_plan_that_cannot_keep_its_budget_says_so() -> None:
    """A picture that takes more by itself is painted all the same, and its plan tells what it will take."""
    job = Job(photograph(96, 128), (Style(painting(90, 120)),), from_mapping({"backend": "onnx", "memory": 0.5}))
    plan = planned(job, TorchBackend("cpu", torch.float32))
    assert plan.memory > 0.5e9
    assert any("0.5 GB" in note for note in plan.to_mapping()["notes"])
    roomy = Job(job.content, job.styles, from_mapping({"backend": "onnx", "memory": 8}))
    assert not planned(roomy, TorchBackend("cpu", torch.float32)).to_mapping()["notes"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")
def test_a_graphics_card_stays_below_its_budget() -> None:
    """The card's own books: what was held at most, while a picture was painted that would take more whole."""
    budget = 3.0
    settings = from_mapping({"backend": "torch", "device": "cuda", "memory": budget})
    content = photograph(1600, 1600)
    torch.cuda.reset_peak_memory_stats()
    run = Run(Job(content, (Style(painting(90, 120)),), settings, init=content), TorchBackend("cuda"))
    for progress in run:
        if progress.step == 2:
            break
    assert torch.cuda.max_memory_allocated() < budget * 1e9
