"""Layers that GIMP 3.2 draws from links to files and from paths; style files that GIMP alone reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Found, Studio

pytestmark = pytest.mark.gimp

CASES = [f"{kind}, {case}" for kind in ("link", "vector") for case in ("plain", "shadow", "deep")]
NAMES = {"link": "LinkLayer", "vector": "VectorLayer"}


@pytest.fixture(scope="module")
def found(studio: Studio) -> Found:
    """What the checks found out, by their names."""
    return studio.check("checks/kinds.py")


@pytest.mark.parametrize("case", [*CASES, "link, missing"])
def test_vector_and_link_layers_are_painted_and_do_not_change(found: Found, case: str) -> None:
    """They are painted as they look and not rasterised; their paintings can be repeated."""
    facts = found("kinds")[case]
    if facts is None:
        pytest.skip("this GIMP has no such layers; `make test-gimp32` has")
    assert facts["status"] == "success", facts["message"]
    assert facts["kind"] == NAMES[case.split(",", maxsplit=1)[0]]
    assert not facts["rasterized"]
    assert facts["kept"]
    assert facts["seen"]
    assert facts["again"] == "success"
    if "shadow" in case:
        assert facts["effects"] == 1
    else:
        assert facts["as it was"]


@pytest.mark.parametrize("suffix", [".xcf", ".psd", ".ico"])
def test_a_style_file_that_only_gimp_reads_is_opened_by_gimp(found: Found, suffix: str) -> None:
    """The engine gets the pixels."""
    status, message, layers = found("style_files")[suffix]
    assert (status, layers) == ("success", 2), message


def test_an_unreadable_style_file_gives_an_error_in_one_sentence(found: Found) -> None:
    """It contains the file name; nothing is painted."""
    status, message, layers = found("style_files")["broken"]
    assert status != "success"
    assert "style.heic" in message
    assert "Traceback" not in message
    assert layers == 1
