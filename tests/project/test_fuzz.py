"""Everything that reads what others made, given what nobody should have made: the short form of `python -m fuzz`."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz.seeds import ENGINE, ENTRY, RECIPE, seeds
from fuzz.targets import TARGETS
from nst_core.shared.settings import Settings, to_mapping

pytestmark = pytest.mark.slow

BRIEFLY = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MOST_MEMORY = 64 * 2**20  # bytes that Python may hold for input of a few kilobytes

NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, 10**400, -(10**400), 1e308])
PLAIN = st.none() | st.booleans() | NUMBERS | st.text(max_size=20)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))
OBJECTS: dict[str, Any] = {
    "settings": to_mapping(Settings()),
    "job": to_mapping(Settings()),
    "entry": ENTRY,
    "recipe": RECIPE,
    "engine": ENGINE,
}


@st.composite
def changed(draw: st.DrawFn, good: list[bytes]) -> bytes:
    """Good input with some bytes set, cut out, repeated or put in."""
    raw = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, 4))):
        at, end = sorted(draw(st.integers(0, len(raw))) for _ in range(2))
        end = min(end, at + draw(st.sampled_from([0, 1, 2, 4, 64, 10**6])))
        raw[at:end] = draw(st.binary(max_size=8)) if draw(st.booleans()) else raw[at:end] * 2
    return bytes(raw)


@st.composite
def altered(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """A good object with fields, or fields of its fields, that are anything."""
    said = json.loads(json.dumps(good))
    for _ in range(draw(st.integers(1, 3))):
        place = said
        while isinstance(place, (dict, list)) and place:
            key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            if not isinstance(place[key], (dict, list)) or not place[key] or draw(st.booleans()):
                place[key] = draw(VALUES)
                break
            place = place[key]
    return json.dumps(said).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("target", TARGETS)
def test_only_errors_meant_for_people_come_of_bad_input(target: str) -> None:
    """Noise, and good input that was damaged: nothing but a refusal or a sound value, soon and in little memory."""
    noise = st.binary(max_size=400) | changed(seeds(target))

    def run(raw: bytes) -> None:
        TARGETS[target](raw)

    given(noise | altered(OBJECTS[target]) if target in OBJECTS else noise)(BRIEFLY(run))()


@pytest.mark.parametrize("target", TARGETS)
def test_good_input_is_understood_in_bounded_memory(target: str) -> None:
    """The seeds themselves, and each of them a hundred times over."""
    tracemalloc.start()
    try:
        for seed in seeds(target):
            TARGETS[target](seed)
            TARGETS[target](seed * 100)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


def test_a_fault_is_found() -> None:
    """The search is able to fail: code that expects a number and gets a text is caught."""

    def stumbles(raw: bytes) -> None:
        abs(json.loads(raw)["strength"] or 0)

    with pytest.raises(TypeError):
        given(altered({"strength": 1}))(settings(BRIEFLY, max_examples=500, phases=[Phase.generate])(stumbles))()
