"""Settings are checked when made, and described once."""

import pytest

from nst_core.shared.errors import InvalidSettingError, NeuralStyleError, from_code
from nst_core.shared.settings import Settings, all_settings, from_mapping, to_mapping


def test_defaults_are_allowed_and_every_setting_is_explained() -> None:
    """Each field has a label and a sentence of help, each choice its options."""
    assert to_mapping(Settings()) == {n.name: n.default for n in all_settings()}
    for setting in all_settings():
        assert setting.info.label
        assert setting.info.help.endswith(".")
        assert (setting.type is str) == bool(setting.info.options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strength", 101), ("strength", -1), ("strength", "50"), ("strength", True), ("strength", float("nan")),
        ("brush_size", 0.2), ("color", "red"), ("color", 3), ("seed", 1.5), ("seed", -1), ("quality", None),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused_with_the_rule(name: str, value: object) -> None:
    """The message names the setting, the remedy its range or options."""
    with pytest.raises(InvalidSettingError, match=rf"{name} is .*; it must be"):
        from_mapping({name: value})


def test_unknown_names_are_refused() -> None:
    """A misspelt setting is not ignored."""
    with pytest.raises(InvalidSettingError, match="no setting 'strenght'"):
        from_mapping({"strenght": 3})


@pytest.mark.parametrize("value", [10**400, -(10**400), float("inf"), float("nan"), 0.5])
def test_a_number_no_seed_can_be_is_refused(value: float) -> None:
    """However large, and if it is none at all."""
    with pytest.raises(InvalidSettingError, match="a whole number in"):
        from_mapping({"seed": value})


def test_values_lie_over_a_base_and_take_their_own_type() -> None:
    """A preset's values are the base; whole floats are whole numbers."""
    base = from_mapping({"strength": 70, "color": "content"})
    over = from_mapping({"strength": 20, "seed": 5.0}, base)
    assert (over.strength, over.color, over.seed) == (20.0, "content", 5)
    assert isinstance(over.strength, float)
    assert isinstance(over.seed, int)


def test_a_look_holds_only_what_travels_with_a_preset() -> None:
    """Neither backend nor time limit belong to a look."""
    assert {"strength", "brush_size", "color"} <= set(to_mapping(Settings(), "look"))
    assert not {"backend", "device", "seconds", "quality"} & set(to_mapping(Settings(), "look"))


def test_errors_cross_the_wire_by_their_code() -> None:
    """The same class comes back, with message and remedy; an unknown code is still an error for people."""
    sent = InvalidSettingError("seed is -1", "it must be a whole number")
    back = from_code(sent.code, sent.message, sent.remedy)
    assert type(back) is InvalidSettingError
    assert str(back) == "seed is -1; it must be a whole number."
    assert type(from_code("from-the-future", "x")) is NeuralStyleError
