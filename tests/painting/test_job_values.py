"""Jobs of values that make no sense are refused; runs and recipes have nothing of other runs or of the machine."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from nst_core.backends import select
from nst_core.painting.job import Job, Style
from nst_core.painting.recipe import recipe, without_machine_settings
from nst_core.painting.run import Run
from nst_core.shared.errors import InvalidImageError, InvalidSettingError
from nst_core.shared.settings import Settings

PICTURE = np.full((40, 40, 3), 0.5, np.float32)
ODD = {
    "NaN": (np.full((40, 40), np.nan, np.float32), "not numbers"),
    "255": (np.full((40, 40), 255, np.float32), "from 255 to 255"),
    "negative": (np.full((40, 40), -0.5, np.float32), "from -0.5"),
    "integers": (np.ones((40, 40), np.uint8), "uint8"),
    "another size": (np.ones((40, 41), np.float32), r"\(40, 41\)"),
    "no array": ([[1.0]], "list"),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("field", ["content", "style", "guide", "mask", "init", "strength_map"])
def test_arrays_that_make_no_sense_are_refused_with_what_was_given(kind: str, field: str) -> None:
    """Values out of range, no numbers, other types and sizes: one sentence that tells which."""
    values, told = ODD[kind]
    if field in ("content", "style", "init") and isinstance(values, np.ndarray):
        values = np.repeat(values[..., None], 3, axis=2)
    if kind == "another size":
        if field in ("content", "style"):
            return  # any size will do there
        told = r"\(40, 41"
    with pytest.raises(InvalidImageError, match=told):
        given(field, values)


def given(field: str, values: Any) -> Any:
    """What a script would make with these values."""
    if field == "style":
        return Style(values)
    if field == "guide":
        return Job(PICTURE, (Style(PICTURE, guide=values),))
    if field == "content":
        return Job(values, (Style(PICTURE),))
    return Job(PICTURE, (Style(PICTURE),), **{field: values})


def test_numbers_that_make_no_sense_are_refused() -> None:
    """NaN is neither a weight nor a part."""
    for weight in (float("nan"), float("inf"), -1, "2", True):
        with pytest.raises(InvalidSettingError, match="weight"):
            Style(PICTURE, weight)  # type: ignore[arg-type]
    with pytest.raises(InvalidSettingError, match="part"):
        Job(PICTURE, (Style(PICTURE),), part=float("nan"))


def test_styles_and_jobs_are_equal_to_themselves_alone() -> None:
    """They hold arrays: comparing and hashing work, by identity."""
    style = Style(PICTURE)
    job = Job(PICTURE, (style,))
    assert style == style  # noqa: PLR0124 - that is the question
    assert style != Style(PICTURE)
    assert len({style, job, Job(PICTURE, (style,))}) == 3


def test_two_runs_in_one_process_do_not_end_each_other() -> None:
    """One is stopped while both are at work: the other comes to its end."""
    settings = Settings(quality="draft", backend="onnx", device="cpu")
    ended, trouble = [], []

    def paint() -> None:
        try:
            ended.append(list(Run(Job(PICTURE, (Style(PICTURE),), settings)))[-1])
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is wrong
            trouble.append(error)

    first, second = select.choose("onnx", "cpu"), select.choose("onnx", "cpu")
    assert first is not second
    thread = threading.Thread(target=paint)
    thread.start()
    while thread.is_alive():
        first.abort()
        thread.join(0.01)
    assert trouble == []
    assert len(ended) == 1


def test_recipes_hold_no_settings_of_the_machine() -> None:
    """A recipe from a machine with a card and little memory is repeated where there is neither."""
    job = Job(PICTURE, (Style(PICTURE),), Settings(device="cuda", memory=1.5, backend="torch"))
    assert not {"device", "memory", "backend"} & recipe(job)["settings"].keys()
    assert without_machine_settings({"device": "cuda", "strength": 3.0}) == {"strength": 3.0}
