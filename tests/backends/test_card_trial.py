"""The trial of a graphics card, and its place in the choice, with cards that are played."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.backends import card, card_trial, onnx, onnx_session, select
from nst_core.backends.card_outputs import OutputCheck
from nst_core.backends.card_trial import TrialResult, trial_result
from nst_core.backends.onnx import OnnxBackend
from nst_core.setup.check_engine import examine
from nst_core.shared.errors import BackendUnavailableError, CardLostError, OutOfMemoryError
from nst_core.shared.sentences import Note

REAL = subprocess.run


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "gimp-neural-style" / card_trial.FILE


def played(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have the trial run this program."""

    def run(_: list[str], **options: Any) -> Any:
        return REAL([sys.executable, "-c", code], **options)

    monkeypatch.setattr("subprocess.run", run)


def test_a_faster_card_is_chosen_and_the_trial_is_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made again when the driver changes, and when somebody asks for it."""
    played(monkeypatch, """print('Warning: x'); print('{"card": 0.1, "processor": 1.0, "fault": ""}')""")
    assert trial_result() == TrialResult(0.1, 1.0)
    assert trial_result().faster
    assert json.loads(cache.read_text())["card"] == 0.1
    played(monkeypatch, """print('{"card": 0.9, "processor": 1.0, "fault": ""}')""")
    assert trial_result().faster
    monkeypatch.setattr(card, "driver", lambda: "a newer one")
    assert not trial_result().faster
    played(monkeypatch, """print('{"card": 0.2, "processor": 1.0, "fault": ""}')""")
    assert trial_result(again=True).card == 0.2


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "ended the program that tried it"),
        ("print('no JSON')", "ended the program that tried it"),
        ("import time; time.sleep(60)", "took more than"),
        ("""print('{"card": 0.1, "processor": 1.0, "fault": "it computes wrongly"}')""", "it computes wrongly"),
    ],
)
def test_a_bad_driver_harms_only_the_trial(code: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ends the program, says nothing, hangs, or computes something else: the card is not chosen."""
    monkeypatch.setattr(card_trial, "TIMEOUT_SECONDS", 1.0 if "sleep" in code else 60.0)
    played(monkeypatch, code)
    found = trial_result()
    assert not found.faster
    assert said in str(found)


@pytest.mark.parametrize("end", ["import os; os.abort()", "import time; time.sleep(60)"])
def test_a_driver_that_fails_in_half_precision_serves_in_full(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured before counts."""
    monkeypatch.setattr(card_trial, "TIMEOUT_SECONDS", 5.0)
    line = '{"card": 0.1, "processor": 1.0, "fault": ""}'
    played(monkeypatch, f"print('{line}', flush=True); {end}")
    assert trial_result() == TrialResult(0.1, 1.0)


def test_a_broken_or_unwritable_cache_does_no_harm(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial is made then."""
    monkeypatch.setattr(card_trial, "_run_trial", lambda: TrialResult(0.1, 1.0))
    cache.parent.mkdir()
    cache.write_text("[]")
    assert trial_result().faster
    cache.unlink()
    cache.mkdir()
    assert trial_result().faster


@pytest.mark.parametrize(
    ("verdict", "in_half", "faster"),
    [
        (TrialResult(1.0, 2.0, half=0.5), True, True),
        (TrialResult(1.0, 1.0, half=0.5), True, True),
        (TrialResult(1.0, 1.0, half=0.95), False, False),
        (TrialResult(1.0, 2.0), False, True),
        (TrialResult(1.0, 2.0, "it computes wrongly", half=0.1), False, False),
    ],
)
def test_half_precision_is_taken_where_it_is_faster(verdict: TrialResult, *, in_half: bool, faster: bool) -> None:
    """And then the card is compared with the processor by that."""
    assert (verdict.in_half, verdict.faster) == (in_half, faster)
    assert ("float16" in str(verdict)) == (math.isfinite(verdict.half) and not verdict.fault)


def test_an_old_answer_or_none_is_never_passed_on() -> None:
    """A shortage of memory where the card computes smaller things, for which there are tiles; else it is lost."""
    image = np.random.default_rng(0).random((1, 3, 32, 32), dtype=np.float32)
    other = image / np.float32(2)
    losses, gradient, works = np.ones(3, np.float32), image - np.float32(0.5), [True]
    seen = OutputCheck(lambda: works[0])
    seen.check(image, losses, gradient)
    seen.check(image, losses, gradient)
    for error in (OutOfMemoryError, CardLostError):
        works[0] = error is OutOfMemoryError
        with pytest.raises(error):
            seen.check(other, losses, gradient.copy())
        with pytest.raises(error):
            seen.check(image, losses, gradient * 0)
    with pytest.raises(CardLostError, match="wrongly"):
        seen.check(image, losses, gradient * np.float32(np.nan))
    seen.check(other, losses, other - np.float32(0.5))


def test_the_automatic_choice_goes_by_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """A faster card is taken, a slower one is not, and one that cannot be made is passed over with a note."""
    monkeypatch.setattr(onnx, "devices", lambda: ["cpu", "gpu"])
    asked = list[str]()

    def make(_: str, device: str, notes: tuple[Note, ...] = ()) -> Any:
        asked.append(device)
        if device == "gpu":
            raise BackendUnavailableError("no driver offers Vulkan a graphics card", "install one")
        return OnnxBackend("cpu", notes)

    monkeypatch.setattr(select, "_make", make)
    select._fault.cache_clear()
    select._gpu_is_faster.cache_clear()
    monkeypatch.setattr(card_trial, "trial_result", lambda: TrialResult(1.0, 0.5))
    assert select.choose("onnx").device == "cpu"
    assert asked == ["cpu"]
    select._gpu_is_faster.cache_clear()
    monkeypatch.setattr(card_trial, "trial_result", lambda: TrialResult(0.1, 0.5))
    made = select.choose("onnx")
    assert asked == ["cpu", "gpu", "cpu"]
    assert "no driver offers Vulkan a graphics card" in str(made.notes[0])
    with pytest.raises(BackendUnavailableError, match="no driver") as refused:
        select.choose("onnx", "gpu")
    assert refused.value.remedy == "install one"
    select._fault.cache_clear()
    select._gpu_is_faster.cache_clear()


def test_without_the_package_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that does not fit, and a system without a card, have their sentences too."""
    onnx_session.graphics_card.cache_clear()
    monkeypatch.setattr(onnx_session, "WEBGPU", "onnxruntime_ep_nowhere")
    monkeypatch.setattr(onnx_session, "remedy_for", lambda _: "run `pip install 'gimp-neural-style[webgpu]'`")
    with pytest.raises(BackendUnavailableError, match=r"gimp-neural-style\[webgpu\]"):
        OnnxBackend("gpu")
    monkeypatch.setattr(onnx, "devices", lambda: ["cpu"])
    with pytest.raises(BackendUnavailableError, match=r"gimp-neural-style\[webgpu\]"):
        select.choose("auto", "gpu")
    monkeypatch.setattr(onnx_session, "WEBGPU", "json")  # a module without a library
    with pytest.raises(BackendUnavailableError, match="does not fit this ONNX Runtime"):
        OnnxBackend("gpu")


@pytest.mark.slow
def test_a_card_that_is_not_there_is_a_note_of_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is broken: the processor paints."""
    monkeypatch.setattr(onnx, "devices", lambda: ["gpu"])

    def missing() -> None:
        raise BackendUnavailableError("the system shows no graphics card", "see")

    monkeypatch.setattr(onnx_session, "graphics_card", missing)
    (said,) = [finding for finding in examine() if finding.where == "gpu"]
    assert (said.state, said.text, said.remedy) == ("note", "the system shows no graphics card", "see")
