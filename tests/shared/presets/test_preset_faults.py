"""Keeping presets while disks are full, programs are killed and others write too."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from children import unix_only
from preset_fixtures import DRAFT, JPEG, PNG, WEBP, names, roots, slugs

from nst_core.shared import file_lock
from nst_core.shared.errors import UnwritableOutputError
from nst_core.shared.presets import folder_changes
from nst_core.shared.presets.library import delete, rename, save, update
from nst_core.shared.presets.lookup import Roots, list_presets, load_preset

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["roots"]  # a fixture is used by its name

ROOT = Path(__file__).resolve().parents[3]


class Failures:
    """A system call that fails once, each time one call later."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self.real = real
        self.number = -1
        self.came_true = True

    def next_one(self) -> int:
        self.number += 1
        self.left = self.number
        self.came_true = False
        return self.number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.left -= 1
        if self.left == -1:
            self.came_true = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.real(*args, **kwargs)


WRITES: dict[str, Callable[[Roots], object]] = {
    "save": lambda roots: save(replace(DRAFT, title="New"), roots),
    "update": lambda roots: update("great-wave", replace(DRAFT, title="New"), roots),
    "rename": lambda roots: rename("great-wave", "New", roots),
    "delete": lambda roots: delete("great-wave", roots),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("call", ["rename", "replace", "fsync", "mkdir", "open"])
def test_a_failed_write_leaves_everything_as_it_was(
    roots: Roots, write: str, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call says that the disk is full: one sentence, the old preset whole, and no debris."""
    failures = Failures(getattr(os, call))
    while failures.came_true:
        own = replace(roots, user=roots.user / str(failures.next_one()))
        saved = save(DRAFT, own)
        message = ""
        with monkeypatch.context() as patch:
            patch.setattr(os, call, failures)
            try:
                WRITES[write](own)
            except UnwritableOutputError as error:
                message = str(error)
        if message:
            assert "No space left" in message
            assert "disk is not full" in message
            assert names(own.user) == ["great-wave"]
            assert load_preset("great-wave", own) == saved
        assert list_presets(own).broken == ()
        assert all(style.read() for preset in list_presets(own).presets for style in preset.styles)
        if not message:
            save(DRAFT, own)  # cleans what could not be removed
        assert not [name for name in names(own.user) if name.startswith((".new", ".great"))]
        assert not list(own.user.glob("*/.new-*"))


@unix_only
def test_a_full_disk_keeps_the_old_preset(roots: Roots) -> None:
    """Real writes that stop at 64 KiB; nothing of the new preset remains."""
    saved = save(DRAFT, roots)
    script = f"""
import resource, sys
from pathlib import Path
from nst_core.shared.errors import UnwritableOutputError
from nst_core.shared.presets.library import *
from nst_core.shared.presets.lookup import Roots
resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, 2**16))
draft = Draft("Big", (("big", {JPEG!r} + bytes(2**17), 1.0),), {{}})
for keep in (save, lambda draft, roots: update("great-wave", draft, roots)):
    try:
        keep(draft, Roots(Path(sys.argv[1]), Path(sys.argv[2])))
    except UnwritableOutputError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, roots.builtin, roots.user], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("File too large") == 2, done.stderr
    assert names(roots.user) == ["great-wave"]
    assert load_preset("great-wave", roots) == saved


WRITER = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from nst_core.shared.presets.library import *
from nst_core.shared.presets.lookup import Roots
draft = Draft("New", (("x", {WEBP!r}, 1.0), ("y", {PNG!r}, 1.0)), {{}})
writes = {{"save": lambda roots: save(draft, roots), "update": lambda roots: update("great-wave", draft, roots),
    "rename": lambda roots: rename("great-wave", "New", roots), "delete": lambda roots: delete("great-wave", roots)}}
"""
KILLED = f"""
{WRITER}
def step(event, args):
    global left
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir") and str(user) in str(args[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
for user in map(Path, sys.argv[3:]):
    left = int(user.name)
    child = os.fork()
    if child == 0:
        sys.addaudithook(step)
        writes[sys.argv[2]](Roots(Path(sys.argv[1]), user))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@unix_only
@pytest.mark.parametrize("write", WRITES)
def test_a_killed_write_leaves_the_old_preset_or_the_new_one(roots: Roots, write: str, tmp_path: Path) -> None:
    """Killed before any of its steps: readers see a whole preset, and the next write cleans up."""
    places = [replace(roots, user=tmp_path / str(step)) for step in range(28)]
    saved = [save(DRAFT, place) for place in places]
    words = [sys.executable, "-I", "-S", "-c", KILLED, roots.builtin, write, *(place.user for place in places)]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
    ends = [int(line) for line in done.stdout.split()]
    assert set(ends[:4]) == {-signal.SIGKILL}
    assert ends[-1] == 0, f"{write} has more steps"
    possible = {"save": [["Great Wave"], ["Great Wave", "New"]], "delete": [["Great Wave"], []]}
    for place, old in zip(places, saved, strict=True):
        listing = list_presets(place)
        own = {preset.title: preset for preset in listing.presets if not preset.builtin}
        assert listing.broken == ()
        assert list(own) in possible.get(write, [["Great Wave"], ["New"]])
        assert all(style.read() in (JPEG, PNG, WEBP) for preset in own.values() for style in preset.styles)
        if kept := own.get("Great Wave"):
            assert replace(kept, styles=(), thumbnail=old.thumbnail) == replace(old, styles=())
        save(replace(DRAFT, title="Next"), place)
        assert slugs(place) == sorted([*(preset.slug for preset in own.values()), "next"])
        assert not [name for name in names(place.user) if name.startswith((".new", ".great"))]
        assert not list(place.user.glob("*/.new-*"))


def test_many_writers_at_once_lose_nothing(roots: Roots) -> None:
    """Threads and processes that save under one title each get their own slug."""
    threads = [threading.Thread(target=save, args=(DRAFT, roots)) for _ in range(6)]
    script = f"{WRITER}\nsave(draft, Roots(Path(sys.argv[1]), Path(sys.argv[2])))"
    words = [sys.executable, "-I", "-S", "-c", script, str(roots.builtin), str(roots.user)]
    others = [subprocess.Popen(words) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait() for other in others] == [0, 0, 0]
    waves = [f"great-wave{end}" for end in ("", *(f"-{number}" for number in range(2, 7)))]
    assert slugs(roots) == [*waves, "new", "new-2", "new-3"]


def test_a_writer_that_never_ends_is_told(roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever, and nothing of the other's is cleaned away."""
    monkeypatch.setattr(folder_changes, "LOCK_SECONDS", 0.0)
    with folder_changes.writing(roots.user):
        (roots.user / ".new-1").mkdir()
        with pytest.raises(UnwritableOutputError, match="another program is writing"):
            save(DRAFT, roots)
        assert names(roots.user) == [".new-1"]
    assert save(DRAFT, roots).slug == "great-wave"
    assert names(roots.user) == ["great-wave"]


def test_where_nothing_can_be_locked_presets_are_kept_all_the_same(
    roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network folders know no locks: another's unfinished work is then left alone, our own is still finished."""

    def refuse(_file: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(file_lock, "_lock", refuse)
    save(DRAFT, roots)
    (roots.user / ".new-1").mkdir()
    (roots.user / "great-wave").rename(roots.user / ".great-wave.old")
    assert [preset.slug for preset in list_presets(roots).presets] == ["great-wave", "mosaic"][::-1]
    assert update("great-wave", replace(DRAFT, title="New"), roots).title == "New"
    assert names(roots.user) == [".new-1", "great-wave"]


@unix_only
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_told(roots: Roots) -> None:
    """With the folder's name and what to check."""
    save(DRAFT, roots)
    roots.user.chmod(0o555)
    try:
        for write in WRITES.values():
            with pytest.raises(UnwritableOutputError, match="may write there"):
                write(roots)
    finally:
        roots.user.chmod(0o755)
    assert slugs(roots) == ["great-wave"]


def test_a_place_that_cannot_be_a_folder_is_told(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "data").touch()
    with pytest.raises(UnwritableOutputError, match="cannot be written to"):
        save(DRAFT, Roots(tmp_path, tmp_path / "data" / "user"))


@unix_only
def test_odd_things_in_the_folder_hurt_nothing(roots: Roots) -> None:
    """Pipes, loops of links and names of other systems: each a broken preset, or passed over."""
    save(DRAFT, roots)
    folder = roots.user / "odd"
    folder.mkdir()
    os.mkfifo(folder / "preset.json")
    loop = roots.user / "loop"
    loop.mkdir()
    (loop / "style.jpg").symlink_to("style.jpg")
    (loop / "preset.json").write_text(json.dumps({"format": 1, "title": "x", "styles": [{"file": "style.jpg"}]}))
    (roots.user / "self").symlink_to("self")
    (roots.user / ".old").mkdir()
    listing = list_presets(roots)
    assert sorted(error.slug for error in listing.broken) == ["loop", "odd"]
    assert slugs(roots) == ["great-wave"]
    delete("odd", roots)
    assert delete("loop", roots).folder.is_dir()
