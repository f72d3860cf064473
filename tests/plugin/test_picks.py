"""The chosen styles: operations, what the engine gets of them, and what is remembered."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from gimp_plugin.looks.picks import Pick, Picks, of_file, of_preset, read_picture
from nst_core.shared.errors import InvalidImageError, InvalidSettingError, LayerGoneError, UnknownPresetError
from nst_core.shared.presets import library, lookup
from nst_core.shared.presets.library import Draft
from nst_core.shared.presets.lookup import Preset, Roots
from nst_core.shared.wire.messages import MAX_STYLE_FILE, MAX_STYLES, Pixels, StyleFile, StylePixels

RED = Pixels(1, 1, struct.pack("<4f", 1, 0, 0, 1))
JPEG = b"\xff\xd8\xff"  # as far as a preset looks at its pictures
A, B, C = (Pick("layer", key, f"Layer {key}") for key in "123")


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return Roots(builtin=lookup.BUILT_IN, user=tmp_path / "presets")


@pytest.fixture
def twofold(roots: Roots) -> Preset:
    styles = (("a.jpg", JPEG + b"a", 1.0), ("b.jpg", JPEG + b"b", 3.0))
    return library.save(Draft("Twofold", styles, {"strength": 70.0}), roots)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "own.png"
    path.write_bytes(b"a picture")
    return path


def never(key: str) -> Pixels:
    raise AssertionError(key)


def test_choosing_leaves_one_style_of_full_weight() -> None:
    """Whatever was blended before."""
    blend = Picks((A, B)).with_share(B, 0.25)
    assert blend.choose(B).entries == (B,)


def test_toggling_adds_and_takes_away_but_never_the_last() -> None:
    """The one that is left counts fully again."""
    blend = Picks((A,)).toggle(B)
    assert blend.entries == (A, B)
    assert blend.with_share(A, 0.3).toggle(B).entries == (A,)
    assert Picks((A,)).toggle(A).entries == (A,)
    assert Picks((A,)).without(A).entries == (A,)


def test_a_blend_is_never_larger_than_the_engine_takes() -> None:
    """One more is not added."""
    full = Picks(tuple(Pick("layer", str(number), "") for number in range(MAX_STYLES)))
    assert full.toggle(Pick("layer", "one more", "")) == full
    assert len(full.select([*full.entries, A, B, C]).entries) == MAX_STYLES


def test_selecting_keeps_order_and_weights_of_those_that_stay() -> None:
    """New ones follow; selecting nothing changes nothing; who is alone counts fully."""
    blend = Picks((replace(A, weight=0.25), B))
    again = blend.select([C, B, A])
    assert [(pick.key, pick.weight) for pick in again.entries] == [("1", 0.25), ("2", 1.0), ("3", 0.625)]
    assert blend.select([]) == blend
    assert blend.select([A]).entries == (A,)


@pytest.mark.parametrize(("asked", "given"), [(0.3, 0.3), (-1.0, 0.0), (7.0, 1.0), (float("nan"), 0.0)])
def test_shares_stay_between_nothing_and_all(asked: float, given: float) -> None:
    """Whoever asks; together they are all there is."""
    assert Picks((A, B)).with_share(A, asked).shares == (given, 1.0 - given)


def test_the_other_styles_of_a_blend_share_what_one_leaves() -> None:
    """As they did before; where they had nothing, all alike. At first a blend is shared out evenly."""
    blend = Picks((A, B, C))
    assert blend.shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    uneven = blend.with_share(A, 0.5).with_share(B, 0.1)
    assert uneven.shares == pytest.approx((0.6, 0.1, 0.3))
    assert uneven.with_share(A, 1.0).with_share(A, 0.4).shares == pytest.approx((0.4, 0.3, 0.3))


def test_a_style_that_is_added_counts_as_much_as_the_others_on_average() -> None:
    """Whatever their shares are."""
    for more in (Picks((A, B)).with_share(A, 0.9).toggle(C), Picks((A, B)).with_share(A, 0.9).select([A, B, C])):
        assert more.shares == pytest.approx((0.6, 0.2 / 3, 1 / 3))


def test_the_operations_leave_the_picks_they_start_from_alone() -> None:
    """Picks are values."""
    blend = Picks((A, B))
    for other in (blend.choose(C), blend.toggle(C), blend.without(A), blend.with_share(A, 0.1), blend.select([C])):
        assert other != blend
    assert blend.entries == (A, B)


def test_a_single_preset_gives_its_pictures_as_they_are(roots: Roots, twofold: Preset) -> None:
    """Files, weights, title and look are the preset's."""
    picks = Picks((of_preset(twofold),))
    styles = picks.styles(never, roots)
    assert [(bytes(s.encoded), s.weight) for s in styles if isinstance(s, StyleFile)] == [
        (JPEG + b"a", 1.0),
        (JPEG + b"b", 3.0),
    ]
    assert picks.title == "Twofold"
    assert picks.look(roots) == {"strength": 70.0}


def test_in_a_blend_a_preset_of_two_pictures_counts_as_one_style(roots: Roots, twofold: Preset, picture: Path) -> None:
    """Its pictures share its weight as they share the preset; a blend has no look or title of its own."""
    picks = Picks((replace(of_preset(twofold), weight=0.5), of_file(picture), A))
    first, second, file, layer = picks.styles({"1": RED}.__getitem__, roots)
    assert (first.weight, second.weight, file.weight, layer.weight) == (0.125, 0.375, 1.0, 1.0)
    assert file == StyleFile(b"a picture", 1.0, "own.png")
    assert layer == StylePixels(RED, 1.0)
    assert (picks.title, picks.look(roots)) == ("stylized", {})


def test_styles_without_weight_are_left_out_and_never_read(picture: Path) -> None:
    """A blend of nothing is refused with a remedy."""
    blend = Picks((replace(A, weight=0.0), of_file(picture)))
    assert len(blend.styles(never)) == 1
    with pytest.raises(InvalidSettingError, match="give one some weight"):
        Picks((replace(A, weight=0.0),)).styles(never)


def test_too_many_pictures_in_a_blend_are_refused(roots: Roots) -> None:
    """Presets of many pictures add up to more than the engine takes."""
    many = [
        library.save(Draft(title, tuple(("a.jpg", JPEG + b"a", 1.0) for _ in range(9)), {}), roots)
        for title in ("One", "Two")
    ]
    with pytest.raises(InvalidSettingError, match="18 pictures"):
        Picks(tuple(map(of_preset, many))).styles(never, roots)


def test_what_vanished_after_it_was_chosen_is_told(roots: Roots, tmp_path: Path) -> None:
    """A preset, a file and a layer, each with an error of its own; the look of a lost preset is none."""

    def gone(_key: str) -> Pixels:
        raise LayerGoneError("gone")

    lost = Picks((Pick("preset", "lost", "Lost"),))
    assert lost.look(roots) == {}
    with pytest.raises(UnknownPresetError):
        lost.styles(never, roots)
    with pytest.raises(InvalidImageError, match=r"'lost\.png' cannot be read"):
        Picks((of_file(tmp_path / "lost.png"),)).styles(never)
    with pytest.raises(LayerGoneError):
        Picks((A,)).styles(gone)


def test_a_picture_that_is_empty_or_too_large_is_refused(tmp_path: Path) -> None:
    """Before anything is sent to the engine."""
    empty, huge = tmp_path / "empty.png", tmp_path / "huge.png"
    empty.touch()
    with huge.open("wb") as file:
        file.truncate(MAX_STYLE_FILE + 1)
    with pytest.raises(InvalidImageError, match="is empty"):
        read_picture(empty)
    with pytest.raises(InvalidImageError, match="larger than 64 MiB"):
        read_picture(huge)


def test_picks_can_be_saved_as_a_preset(roots: Roots, twofold: Preset, picture: Path) -> None:
    """Every picture with its name and weight; a layer as the picture file that it is encoded to."""
    picks = Picks((of_preset(twofold), of_file(picture), A))
    names = [(name, content, weight) for name, content, weight in picks.pictures({"1": b"png"}.__getitem__, roots)]
    assert names == [
        ("style.jpg", JPEG + b"a", 0.25),
        ("style-2.jpg", JPEG + b"b", 0.75),
        ("own.png", b"a picture", 1.0),
        ("Layer.png", b"png", 1.0),
    ]


def test_each_style_has_its_region(roots: Roots, twofold: Preset, picture: Path) -> None:
    """All pictures of a preset share its region; one style alone counts everywhere."""
    preset, file = of_preset(twofold), of_file(picture)
    picks = Picks((preset, file)).with_region(preset, "inside").with_region(file, "outside")
    assert picks.regions(roots) == ("inside", "inside", "outside")
    assert picks.without(file).regions(roots) == ("", "")
    assert picks.within(["", "inside"]).regions(roots) == ("inside", "inside", "")
    assert picks.placed(["", "inside"]).regions(roots) == ("", "", "inside")


def test_what_is_remembered_comes_back(roots: Roots, twofold: Preset, picture: Path) -> None:
    """By way of a JSON file; a layer's number means something else another day, so it does not."""
    picks = Picks((of_preset(twofold), A, replace(of_file(picture), weight=0.25)))
    picks = picks.with_region(of_file(picture), "channel sky")
    again = Picks.from_json(json.loads(json.dumps(picks.to_json())), roots)
    assert again.entries == (picks.entries[0], picks.entries[2])


def test_what_vanished_is_not_remembered(roots: Roots, twofold: Preset, picture: Path) -> None:
    """What is left alone counts fully; a preset that was renamed comes back with its new title."""
    said = Picks((replace(of_preset(twofold), weight=0.5), of_file(picture))).to_json()
    picture.unlink()
    library.rename(twofold.slug, "Threefold", roots)
    assert Picks.from_json(said, roots).entries == (Pick("preset", twofold.slug, "Threefold"),)
    library.delete(twofold.slug, roots)
    assert Picks.from_json(said, roots) == Picks()


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        "preset",
        [1, None, []],
        [{"kind": "preset", "key": 7, "weight": 1.0}],
        [{"kind": "file", "key": "a" * 5000, "weight": 1.0}],
        [{"kind": "file", "key": "\0", "weight": 1.0}],
        [{"kind": "layer", "key": "1", "weight": 1.0}],
        [{"kind": "preset", "key": "mosaic", "weight": "much"}],
    ],
)
def test_a_memory_that_makes_no_sense_is_no_error(said: object) -> None:
    """Nothing is chosen then."""
    assert Picks.from_json(said) == Picks()


def test_a_style_remembered_twice_comes_back_once() -> None:
    """And weights that cannot be are brought into their range."""
    mosaic = {"kind": "preset", "key": "mosaic", "weight": 1e300}
    pointillism = {"kind": "preset", "key": "pointillism", "weight": float("nan")}
    picks = Picks.from_json([mosaic, mosaic, pointillism])
    assert [(pick.key, pick.weight) for pick in picks.entries] == [("mosaic", 1.0), ("pointillism", 0.0)]
