"""The chosen styles: operations, what the engine gets of them, and what is remembered."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from gimp_plugin.picks import Pick, Picks, of_file, of_preset, read_picture
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


def test_toggling_adds_and_removes_styles_but_never_the_last() -> None:
    """The only style left has full weight."""
    blend = Picks((A,)).toggle(B)
    assert blend.entries == (A, B)
    assert blend.with_share(A, 0.3).toggle(B).entries == (A,)
    assert Picks((A,)).toggle(A).entries == (A,)
    assert Picks((A,)).without(A).entries == (A,)


def test_a_blend_has_at_most_as_many_styles_as_the_engine_accepts() -> None:
    """One more is not added."""
    full = Picks(tuple(Pick("layer", str(number), "") for number in range(MAX_STYLES)))
    assert full.toggle(Pick("layer", "one more", "")) == full
    assert len(full.select([*full.entries, A, B, C]).entries) == MAX_STYLES


def test_selecting_keeps_order_and_weights_of_remaining_styles() -> None:
    """New ones follow; selecting nothing changes nothing; a single style has full weight."""
    blend = Picks((replace(A, weight=0.25), B))
    again = blend.select([C, B, A])
    assert [(pick.key, pick.weight) for pick in again.entries] == [("1", 0.25), ("2", 1.0), ("3", 0.625)]
    assert blend.select([]) == blend
    assert blend.select([A]).entries == (A,)


@pytest.mark.parametrize(("asked", "given"), [(0.3, 0.3), (-1.0, 0.0), (7.0, 1.0), (float("nan"), 0.0)])
def test_shares_are_limited_to_0_and_1(asked: float, given: float) -> None:
    """And their sum is 1."""
    assert Picks((A, B)).with_share(A, asked).shares == (given, 1.0 - given)


def test_the_other_styles_of_a_blend_share_the_rest() -> None:
    """In their old proportions, or equally if all were 0. A new blend is shared equally."""
    blend = Picks((A, B, C))
    assert blend.shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    uneven = blend.with_share(A, 0.5).with_share(B, 0.1)
    assert uneven.shares == pytest.approx((0.6, 0.1, 0.3))
    assert uneven.with_share(A, 1.0).with_share(A, 0.4).shares == pytest.approx((0.4, 0.3, 0.3))


def test_an_added_style_gets_the_average_share() -> None:
    """Whatever their shares are."""
    for more in (Picks((A, B)).with_share(A, 0.9).toggle(C), Picks((A, B)).with_share(A, 0.9).select([A, B, C])):
        assert more.shares == pytest.approx((0.6, 0.2 / 3, 1 / 3))


def test_picks_are_immutable() -> None:
    """Picks are values."""
    blend = Picks((A, B))
    for other in (blend.choose(C), blend.toggle(C), blend.without(A), blend.with_share(A, 0.1), blend.select([C])):
        assert other != blend
    assert blend.entries == (A, B)


def test_a_single_preset_is_used_as_it_is(roots: Roots, twofold: Preset) -> None:
    """With its files, weights, title and settings."""
    picks = Picks((of_preset(twofold),))
    styles = picks.styles(never, roots)
    assert [(bytes(s.encoded), s.weight) for s in styles if isinstance(s, StyleFile)] == [
        (JPEG + b"a", 1.0),
        (JPEG + b"b", 3.0),
    ]
    assert picks.title == "Twofold"
    assert picks.preset_settings(roots) == {"strength": 70.0}


def test_in_a_blend_a_preset_of_two_pictures_counts_as_one_style(roots: Roots, twofold: Preset, picture: Path) -> None:
    """Its pictures divide its weight; a blend has no settings or title."""
    picks = Picks((replace(of_preset(twofold), weight=0.5), of_file(picture), A))
    first, second, file, layer = picks.styles({"1": RED}.__getitem__, roots)
    assert (first.weight, second.weight, file.weight, layer.weight) == (0.125, 0.375, 1.0, 1.0)
    assert file == StyleFile(b"a picture", 1.0, "own.png")
    assert layer == StylePixels(RED, 1.0)
    assert (picks.title, picks.preset_settings(roots)) == ("stylized", {})


def test_styles_of_weight_0_are_left_out_and_not_read(picture: Path) -> None:
    """A blend with no weight at all is refused with a remedy."""
    blend = Picks((replace(A, weight=0.0), of_file(picture)))
    assert len(blend.styles(never)) == 1
    with pytest.raises(InvalidSettingError, match="give one some weight"):
        Picks((replace(A, weight=0.0),)).styles(never)


def test_too_many_pictures_in_a_blend_are_refused(roots: Roots) -> None:
    """Presets with many pictures may exceed the maximum of the engine."""
    many = [
        library.save(Draft(title, tuple(("a.jpg", JPEG + b"a", 1.0) for _ in range(9)), {}), roots)
        for title in ("One", "Two")
    ]
    with pytest.raises(InvalidSettingError, match="18 pictures"):
        Picks(tuple(map(of_preset, many))).styles(never, roots)


def test_a_deleted_style_gives_an_error(roots: Roots, tmp_path: Path) -> None:
    """One for a preset, a file and a layer each; a deleted preset has no settings."""

    def gone(_key: str) -> Pixels:
        raise LayerGoneError("gone")

    lost = Picks((Pick("preset", "lost", "Lost"),))
    assert lost.preset_settings(roots) == {}
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
    """All pictures with names and weights; a layer as an encoded picture."""
    picks = Picks((of_preset(twofold), of_file(picture), A))
    names = [(name, content, weight) for name, content, weight in picks.pictures({"1": b"png"}.__getitem__, roots)]
    assert names == [
        ("style.jpg", JPEG + b"a", 0.25),
        ("style-2.jpg", JPEG + b"b", 0.75),
        ("own.png", b"a picture", 1.0),
        ("Layer.png", b"png", 1.0),
    ]


def test_each_style_has_its_region(roots: Roots, twofold: Preset, picture: Path) -> None:
    """All pictures of a preset have its region; a single style counts everywhere."""
    preset, file = of_preset(twofold), of_file(picture)
    picks = Picks((preset, file)).with_region(preset, "inside").with_region(file, "outside")
    assert picks.regions(roots) == ("inside", "inside", "outside")
    assert picks.without(file).regions(roots) == ("", "")
    assert picks.without_missing_regions(["", "inside"]).regions(roots) == ("inside", "inside", "")
    assert picks.with_regions(["", "inside"]).regions(roots) == ("", "", "inside")


def test_saved_picks_are_restored(roots: Roots, twofold: Preset, picture: Path) -> None:
    """From JSON; layers are not saved, because their numbers change."""
    picks = Picks((of_preset(twofold), A, replace(of_file(picture), weight=0.25)))
    picks = picks.with_region(of_file(picture), "channel sky")
    again = Picks.from_json(json.loads(json.dumps(picks.to_json())), roots)
    assert again.entries == (picks.entries[0], picks.entries[2])


def test_deleted_styles_are_not_restored(roots: Roots, twofold: Preset, picture: Path) -> None:
    """A single style left has full weight; a renamed preset has its new title."""
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
def test_invalid_saved_picks_are_no_error(said: object) -> None:
    """Nothing is chosen then."""
    assert Picks.from_json(said) == Picks()


def test_a_style_saved_twice_is_restored_once() -> None:
    """And weights outside their range are limited."""
    mosaic = {"kind": "preset", "key": "mosaic", "weight": 1e300}
    pointillism = {"kind": "preset", "key": "pointillism", "weight": float("nan")}
    picks = Picks.from_json([mosaic, mosaic, pointillism])
    assert [(pick.key, pick.weight) for pick in picks.entries] == [("mosaic", 1.0), ("pointillism", 0.0)]
