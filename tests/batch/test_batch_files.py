"""Which files a batch paints, in which order, under which names, and what it remembers of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_core.batch.batch_files import Item, items, natural_key
from nst_core.batch.records import Records, key
from nst_core.shared.errors import InvalidImageError, UnwritableOutputError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Files of which only the names count."""
    names = ("frame10.png", "frame2.png", "notes.txt", ".hidden.png", "old/frame2.PNG", "old/.trash/x.png", "raw.bmp")
    for name in names:
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "photos"


def names(found: list[Item], folder: Path) -> list[str]:
    return [item.output.relative_to(folder).as_posix() for item in found]


def test_a_folder_gives_its_pictures_in_natural_order_with_their_subfolders(photos: Path) -> None:
    """Frame 2 comes before frame 10, what is hidden or no picture stays out, and what cannot be written becomes PNG."""
    out = photos.parent / "out"
    assert names(items([str(photos)], out), out) == ["frame2.png", "frame10.png", "old/frame2.PNG", "raw.png"]
    assert names(items([str(photos)], out, ".jpg"), out)[0] == "frame2.jpg"


def test_results_in_the_folder_itself_are_no_inputs(photos: Path) -> None:
    """The results of a first run, below the folder, are not painted by the second."""
    out = photos / "painted"
    (out / "old").mkdir(parents=True)
    (out / "frame2.png").write_bytes(b"painted")
    assert len(items([str(photos)], out)) == 4


def test_files_and_patterns_lose_their_folders_and_come_once(photos: Path) -> None:
    """A file is taken whatever its ending; a pattern takes pictures; the same file named twice is one."""
    out = photos.parent / "out"
    given = [str(photos / "notes.txt"), str(photos / "frame*.png"), str(photos / "frame2.png")]
    assert names(items(given, out), out) == ["frame2.png", "frame10.png", "notes.png"]
    odd = photos / "a[1].png"
    odd.write_bytes(b"")
    assert names(items([str(odd)], out), out) == ["a[1].png"]


def test_two_pictures_of_one_name_are_refused(photos: Path) -> None:
    """Both are named, and nothing is guessed; also where names differ in capitals only, or in endings that change."""
    out = photos.parent / "out"
    with pytest.raises(UnwritableOutputError, match="would both become") as caught:
        items([str(photos / "frame2.png"), str(photos / "old" / "frame2.PNG")], out)
    assert "old" in caught.value.message
    (photos / "raw.png").write_bytes(b"")
    with pytest.raises(UnwritableOutputError, match="would both become"):
        items([str(photos)], out)


def test_no_picture_is_painted_over(photos: Path) -> None:
    """The folder of the pictures is not one for results."""
    with pytest.raises(UnwritableOutputError, match="painted over"):
        items([str(photos / "frame2.png")], photos)


def test_what_is_nowhere_is_refused_by_name(photos: Path) -> None:
    """A missing file, a pattern without matches, and a folder without pictures."""
    (photos / "empty").mkdir()
    for given in ("gone.png", "gone*.png", "empty"):
        with pytest.raises(InvalidImageError, match=given.replace("*", r"\*")):
            items([str(photos / given)], photos.parent / "out")


def test_natural_order_knows_numbers_and_not_capitals() -> None:
    """As a person would sort them."""
    shuffled = [Path(name) for name in ("b1", "A10", "a9", "a", "10", "9")]
    assert [str(path) for path in sorted(shuffled, key=natural_key)] == ["9", "10", "a", "a9", "A10", "b1"]


def test_a_key_changes_with_everything_that_makes_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, the picture's bytes, what it starts from, and the engine's version; not the file's name or age."""
    one, same, other = tmp_path / "one", tmp_path / "same", tmp_path / "other"
    for path, text in ((one, "a"), (same, "a"), (other, "b")):
        path.write_text(text)
    facts = {"settings": {"strength": 50.0}}
    first = key(facts, one)
    assert key(facts, same) == first
    changed = {key({"settings": {"strength": 51.0}}, one), key(facts, other), key(facts, one, other), key({}, one)}
    monkeypatch.setattr("nst_core.batch.records.__version__", "9")
    changed.add(key(facts, one))
    assert len(changed | {first}) == 6


def test_records_tell_own_pictures_from_others(tmp_path: Path) -> None:
    """Missing, done, to be done again, and not ours: a changed picture is somebody's work."""
    records, picture = Records(tmp_path), tmp_path / "deep" / "picture.png"
    assert records.state(picture, "k") == "missing"
    picture.parent.mkdir()
    picture.write_bytes(b"made")
    assert records.state(picture, "k") == "foreign"
    records.write(picture, "k", seconds=1.0)
    assert records.state(picture, "k") == "same"
    assert records.state(picture, "other") == "changed"
    picture.write_bytes(b"edited")
    assert records.state(picture, "k") == "foreign"
    records.begin(picture)  # as a batch that was killed while it wrote
    assert records.state(picture, "k") == "changed"


@pytest.mark.parametrize("junk", ["", "nonsense", "[]", '{"format": 99}', "[" * 5000])
def test_a_broken_record_is_none(tmp_path: Path, junk: str) -> None:
    """The picture counts as somebody else's: it is refused, never written over."""
    records, picture = Records(tmp_path), tmp_path / "picture.png"
    picture.write_bytes(b"made")
    records.write(picture, "k")
    (tmp_path / ".neural-style" / "picture.png.json").write_text(junk)
    assert records.state(picture, "k") == "foreign"
