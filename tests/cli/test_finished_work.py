"""What has been painted is never lost: odd file systems, signals, threads that end, files that are there already."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pytest
from batch_fixtures import Copyist, finished, make
from children import unix_only
from click.testing import Result
from command_line import run

from nst_core.batch.batch import Batch, Report
from nst_core.batch.batch_files import Item
from nst_core.batch.pool import PainterPool
from nst_core.cli.batch import BatchResult
from nst_core.cli.job_inputs import write_recipe
from nst_core.cli.stopping import stopping
from nst_core.imaging.files import image_files
from nst_core.shared.errors import UnwritableOutputError
from nst_core.shared.file_lock import try_lock
from nst_core.system import safe_files

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
PICTURE = np.random.default_rng(2).random((40, 40, 3), np.float32)


def unpainted(content: Path, output: Path, *more: str) -> Result:
    """Strength 0: reads and writes, and paints nothing."""
    return run("stylize", content, "--preset", "mosaic", "--strength", "0", "-o", output, "--json", *more)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


def raising(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_file_system_without_modes_takes_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """chmod that is not permitted is no reason to lose a picture, nor one that cannot wait for the disk."""
    (tmp_path / "out.png").write_bytes(b"old")
    monkeypatch.setattr(Path, "chmod", raising(errno.EPERM))
    monkeypatch.setattr(os, "fsync", raising(errno.EINVAL))
    image_files.write(tmp_path / "out.png", PICTURE)
    assert image_files.read(tmp_path / "out.png").shape == (40, 40, 3)


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EACCES, errno.EPERM, errno.ETXTBSY])
def test_a_file_that_cannot_be_replaced_gets_the_picture_beside_it(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds it: the picture lies beside it, and the sentence says where."""
    (tmp_path / "out.png").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", raising(number))
    with pytest.raises(UnwritableOutputError, match="it is kept as") as caught:
        image_files.write(tmp_path / "out.png", PICTURE)
    assert caught.value.kept is not None
    assert str(caught.value.kept) in str(caught.value)
    assert caught.value.kept.parent == tmp_path
    np.testing.assert_allclose(image_files.read(caught.value.kept), PICTURE, atol=1 / 255)
    assert (tmp_path / "out.png").read_bytes() == b"old"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT, errno.ESTALE])
def test_a_disk_that_takes_nothing_leaves_the_picture_in_the_temporary_folder(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full, read-only, broken: the picture is elsewhere, and the sentence says where."""
    real = os.fsync

    def fail(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().parent == tmp_path:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UnwritableOutputError, match="it is kept as") as caught:
        image_files.write(tmp_path / "out.png", PICTURE)
    assert caught.value.kept is not None
    assert caught.value.kept.parent == tmp_path / "temporary"
    assert image_files.read(caught.value.kept).shape == (40, 40, 3)
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_vanished_while_it_was_painted_loses_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report tells where the picture is, and the exit code that it is not where it was asked for."""
    image_files.write(tmp_path / "in.png", PICTURE)
    (tmp_path / "out").mkdir()
    real = image_files.write

    def vanished(*given: Any, **more: Any) -> None:
        shutil.rmtree(tmp_path / "out")
        real(*given, **more)

    monkeypatch.setattr(image_files, "write", vanished)
    result = unpainted(tmp_path / "in.png", tmp_path / "out" / "out.png")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert Path(report["output"]).parent == tmp_path / "temporary"
    assert report["output"] in report["notes"][-1]
    assert image_files.read(report["output"]).shape == (40, 40, 3)


def test_what_is_there_is_written_over_only_where_that_is_asked_for(tmp_path: Path) -> None:
    """The picture itself, a recipe, a sheet, an exported look: each asks for --overwrite, and nothing has changed."""
    content = tmp_path / "a.png"
    image_files.write(content, PICTURE)
    before = content.read_bytes()
    result = unpainted(content, content)
    assert result.exit_code == 2
    assert "--overwrite" in json.loads(result.stdout)["error"]["remedy"]
    assert content.read_bytes() == before
    recipe = tmp_path / "r.json"
    recipe.write_text("mine")
    assert unpainted(content, tmp_path / "b.png", "--save-recipe", str(recipe)).exit_code == 2
    assert recipe.read_text() == "mine"
    assert run("sheet", content, "--presets", "mosaic", "-o", content).exit_code == 2
    kept = tmp_path / "k.nstyle"
    kept.write_text("mine")
    refused = run("presets", "export", "mosaic", kept, "--json")
    assert "--overwrite" in json.loads(refused.stdout)["error"]["remedy"]
    assert kept.read_text() == "mine"
    assert run("presets", "export", "mosaic", kept, "--overwrite").exit_code == 0
    assert kept.read_bytes().startswith(b"PK")
    assert unpainted(content, content, "--overwrite", "--save-recipe", str(recipe)).exit_code == 0
    assert json.loads(recipe.read_text())["format"] == 1


def test_a_file_that_came_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    """Somebody else wrote it while this one was painted: both are there."""
    (tmp_path / "out.png").write_bytes(b"another's")
    with pytest.raises(UnwritableOutputError, match="it is kept as"):
        image_files.write(tmp_path / "out.png", PICTURE, overwrite=False)
    assert (tmp_path / "out.png").read_bytes() == b"another's"
    assert len(list(tmp_path.glob("out-*.png"))) == 1
    with pytest.raises(UnwritableOutputError, match="exists"):
        write_recipe(tmp_path / "out.png", {}, overwrite=False)
    assert (tmp_path / "out.png").read_bytes() == b"another's"


@unix_only
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o640])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    """Who could read it can, and nobody else."""
    (tmp_path / "out.png").write_bytes(b"old")
    (tmp_path / "out.png").chmod(mode)
    image_files.write(tmp_path / "out.png", PICTURE)
    assert stat.S_IMODE((tmp_path / "out.png").stat().st_mode) == mode


@unix_only
def test_a_file_that_is_being_written_stays_even_if_another_writer_saw_it_unlocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is removed as abandoned before it is locked: another one is created, which is locked."""
    removed, folder = list[Path](), tmp_path / "out"
    folder.mkdir()

    def too_late(file: IO[bytes]) -> bool | None:
        if not removed:
            removed.extend(folder.iterdir())
            removed[0].unlink()
        return try_lock(file)

    def save(new: Path) -> None:
        monkeypatch.setattr("nst_core.system.safe_files.try_lock", try_lock)
        new.write_bytes(b"half")
        safe_files.remove_abandoned(folder)
        assert new.exists()

    monkeypatch.setattr("nst_core.system.safe_files.try_lock", too_late)
    safe_files.write_atomically(folder / "out.bin", save)
    assert [path.name for path in folder.iterdir()] == ["out.bin"]


@unix_only
def test_what_a_killed_write_left_is_gone_after_the_next_one(tmp_path: Path) -> None:
    """A file that is being written by somebody who lives stays."""
    writing = (
        "import sys, time; from pathlib import Path; from nst_core.system.safe_files import write_atomically\n"
        "write_atomically(Path(sys.argv[1]), lambda new: (new.write_bytes(b'half'), print('ready', flush=True),"
        " time.sleep(600)))"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", writing, tmp_path / name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for name in ("dead.png", "alive.png")
    ]
    try:
        for child in children:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
        children[0].kill()
        children[0].wait()
        assert len(list(tmp_path.glob(f"{safe_files.UNFINISHED}*"))) == 2
        image_files.write(tmp_path / "out.png", PICTURE)
        assert len(list(tmp_path.glob(f"{safe_files.UNFINISHED}*"))) == 1
    finally:
        for child in children:
            child.kill()
            child.communicate()


@unix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_keeps_the_picture_and_the_second_ends_the_program(number: signal.Signals) -> None:
    """Ctrl-C, `timeout`, Slurm, `kill` and a closed terminal: the second ends it in the middle of an endless step."""
    script = (
        "import signal, threading\nfrom nst_core.cli.stopping import stopping\n"
        f"signal.signal({int(number)}, signal.SIG_DFL)\n"  # whatever the tests were started with
        "stopped = threading.Event()\n"
        "with stopping(stopped.set, 'press Ctrl-C again') as asked:\n"
        "    print('ready', flush=True)\n    stopped.wait()\n    print('kept', asked, flush=True)\n"
        "    import time; time.sleep(600)\n"
    )
    words = [sys.executable, "-c", script]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        assert "Ctrl-C again" in child.stderr.readline()
        assert child.stdout.readline() == f"kept [{int(number)}]\n"
        assert child.poll() is None
        child.send_signal(number)
        assert child.wait(timeout=60) == -number


@unix_only
def test_a_hangup_that_is_ignored_stays_so() -> None:
    """As under nohup: the work goes on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping(lambda: None, "stopping") as asked:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0)
            assert asked == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_console_that_windows_closes_stops_and_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system waits until the work is kept; Ctrl-C is not its business. A stand-in plays the part of Windows."""
    handlers: list[Callable[[int], bool]] = []

    def set_handler(handler: Callable[[int], bool], add: int) -> None:
        (handlers.append if add else handlers.remove)(handler)

    kernel = SimpleNamespace(SetConsoleCtrlHandler=set_handler)
    monkeypatch.setattr(ctypes, "WINFUNCTYPE", lambda *_: lambda function: function, raising=False)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    stopped, answers = threading.Event(), list[bool]()
    with stopping(stopped.set, "stopping") as asked:
        assert not handlers[0](0)
        assert not asked
        closing = threading.Thread(target=lambda: answers.append(handlers[0](2)))
        closing.start()
        assert stopped.wait(60)
        assert asked == [0]
        assert not answers
    closing.join(60)
    assert answers == [True]
    assert not handlers


@unix_only
def test_ctrl_break_stops_and_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' second key; here another signal stands for it."""
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    stopped = threading.Event()
    with stopping(stopped.set, "stopping") as asked:
        signal.raise_signal(signal.SIGUSR1)
        assert stopped.wait(60)
        assert asked == [signal.SIGUSR1]


@unix_only
def test_a_terminated_run_keeps_its_picture(tmp_path: Path) -> None:
    """SIGTERM in the middle of a long job: the best picture so far is written, and a note says so."""
    image_files.write(tmp_path / "in.png", np.random.default_rng(1).random((80, 80, 3), np.float32))
    script = (
        "import os, signal, sys\nfrom nst_core.painting import run\nfrom nst_core.cli.command import main\n"
        "real = run.Run._progress\n"
        "def progress(self, octaves, index, step, loss=None):\n"
        "    if step == 1: os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return real(self, octaves, index, step, loss)\n"
        "run.Run._progress = progress\nmain(sys.argv[1:])"
    )
    words: list[str | Path] = ["stylize", tmp_path / "in.png", "--preset", "mosaic", "--quality", "max", "--json"]
    words += ["--backend", "onnx"]
    done = subprocess.run(
        [sys.executable, "-c", script, *words, "-o", tmp_path / "out.png"], cwd=ROOT, capture_output=True, check=False
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert any("stopped early" in note for note in report["notes"])
    assert image_files.read(tmp_path / "out.png").shape == (80, 80, 3)


class _GoneTerminal:
    """A watcher that cannot show anything any more."""

    def began(self, *_: object) -> None:
        raise BrokenPipeError

    reached = ended = began


def test_a_batch_whose_terminal_is_gone_paints_on(tmp_path: Path) -> None:
    """What is raised where progress is shown ends no thread; every picture is painted."""
    for name in "ab":
        image_files.write(tmp_path / f"{name}.png", PICTURE)
    todo = [Item(tmp_path / f"{name}.png", tmp_path / "out" / f"{name}.png") for name in "ab"]
    pool = PainterPool(Batch(todo, tmp_path / "out", {}, make), Copyist, 1, _GoneTerminal())
    assert [report.state for report in finished(pool)] == ["painted", "painted"]


def test_pictures_that_are_left_are_no_success() -> None:
    """Whatever ended the threads of a batch: the exit code is not 0 unless somebody only looked."""
    left = [Report(Item(Path("a"), Path("b")), "left")]
    assert BatchResult(left).exit_code == 1
    assert BatchResult(left, dry_run=True).exit_code == 0
