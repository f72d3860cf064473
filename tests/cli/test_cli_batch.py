"""The batch command, from its options to its exit codes, with real engines wherever they matter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from children import comes_true, stand_in_engine, unix_only
from click.testing import Result
from command_line import run

from nst_core.batch.batch import Report
from nst_core.batch.batch_files import Item
from nst_core.cli import batch as cli_batch
from nst_core.cli.job_inputs import JobOptions, resolve_job
from nst_core.imaging.arrays import Float
from nst_core.imaging.files import color_profiles, decoding, image_files
from nst_core.imaging.resizing import resize
from nst_core.shared.client.engine import Engine
from nst_core.system.lru_cache import LruCache

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PHOTOGRAPHS = ROOT / "demo" / "photographs"
FAST = ["--quality", "draft", "--backend", "onnx"]


def report(result: Result) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


def states(result: Result) -> dict[str, str]:
    return {Path(entry["source"]).name: entry["state"] for entry in report(result)["pictures"]}


def photograph(name: str, height: int, width: int) -> Float:
    return resize(image_files.read(PHOTOGRAPHS / f"{name}.jpg"), height, width)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Two small photographs in a folder, and a style beside it."""
    (tmp_path / "in").mkdir()
    image_files.write(tmp_path / "in" / "cat.png", photograph("cat", 48, 64))
    image_files.write(tmp_path / "in" / "coffee.png", photograph("coffee", 40, 64))
    image_files.write(tmp_path / "style.png", photograph("astronaut", 64, 64))
    return tmp_path


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that turns colours round at once: what it paints is not what is tested."""
    monkeypatch.setattr(cli_batch, "default_command", lambda: stand_in_engine("inverted"))


def batch(work: Path, *more: str | Path, style: str = "style.png") -> Result:
    return run("batch", work / "in", "--out", work / "out", "--style", work / style, *FAST, "--json", *more)


@pytest.mark.arithmetic
def test_a_batch_paints_what_stylize_paints(work: Path) -> None:
    """The same bytes from both commands; a deep picture stays deep; a second run has nothing to do."""
    deep = color_profiles.as_words(photograph("cat", 40, 48))
    color_profiles.as_image(deep).tiffsave(str(work / "in" / "deep.tif"))
    result = batch(work)
    assert result.exit_code == 0, result.output
    assert report(result)["counts"] == {"painted": 3, "kept": 0, "failed": 0, "left": 0}
    single: list[str | Path] = ["stylize", work / "in" / "cat.png", "--style", work / "style.png"]
    assert run(*single, "-o", work / "single.png", *FAST).exit_code == 0
    assert (work / "out" / "cat.png").read_bytes() == (work / "single.png").read_bytes()
    assert image_files.read_image(work / "out" / "deep.tif").depth == 16
    before = {path: path.stat().st_mtime_ns for path in (work / "out").iterdir()}
    assert set(states(batch(work)).values()) == {"kept"}
    assert {path: path.stat().st_mtime_ns for path in (work / "out").iterdir()} == before


def test_strength_zero_gives_a_files_own_values_back(work: Path) -> None:
    """From both commands, to the last of 16 bits, in the file's own wide colours and with its alpha."""
    values = np.random.default_rng(0).integers(0, 65536, (40, 48, 4), dtype=np.uint16)
    image = color_profiles.as_image(values)
    profile = bytes(color_profiles.vips().Image.profile_load("p3"))
    image.set_type(color_profiles.vips().GValue.blob_type, "icc-profile-data", profile)
    path = work / "in" / "wide.tif"
    image.tiffsave(str(path))
    single: list[str | Path] = ["stylize", path, "--style", work / "style.png", "-o", work / "single.png"]
    assert run(*single, "--strength", "0").exit_code == 0
    assert batch(work, "--strength", "0", "--format", "tif").exit_code == 0
    for made in (work / "single.png", work / "out" / "wide.tif"):
        again = color_profiles.vips().Image.new_from_file(str(made))
        np.testing.assert_array_equal(again.numpy(), values)
        assert again.get("icc-profile-data") == profile


@pytest.mark.usefixtures("stand_in")
def test_only_what_is_missing_or_changed_is_painted_again(work: Path) -> None:
    """A new picture, a changed one, another setting, another style: each is noticed; a dry run only says so."""
    assert states(batch(work, "--dry-run")) == {"cat.png": "left", "coffee.png": "left"}
    assert not (work / "out").exists()
    assert states(batch(work)) == {"cat.png": "painted", "coffee.png": "painted"}
    (work / "out" / "cat.png").unlink()
    assert states(batch(work)) == {"cat.png": "painted", "coffee.png": "kept"}
    image_files.write(work / "in" / "coffee.png", photograph("coffee", 48, 64))
    assert states(batch(work, "--dry-run")) == {"cat.png": "kept", "coffee.png": "left"}
    assert states(batch(work)) == {"cat.png": "kept", "coffee.png": "painted"}
    assert set(states(batch(work, "--strength", "70")).values()) == {"painted"}
    image_files.write(work / "map.png", photograph("cat", 32, 32))
    mapped = ["--strength-map", str(work / "map.png")]
    for more in (mapped, ["--no-keep-faces"]):
        assert set(states(batch(work, "--strength", "70", *more, "--dry-run")).values()) == {"left"}
    image_files.write(work / "style.png", photograph("coffee", 64, 64))
    assert set(states(batch(work, "--strength", "70")).values()) == {"painted"}


@pytest.mark.usefixtures("stand_in")
def test_another_machine_is_no_reason_to_paint_again(work: Path) -> None:
    """Memory and device may change; a backend asked for by name is what paints, one that nobody names may be any."""
    batch(work)
    for more in (["--memory", "8G"], ["--device", "cpu"], ["--backend", "auto"]):
        assert set(states(batch(work, *more, "--dry-run")).values()) == {"kept"}
    assert set(states(batch(work, "--backend", "torch", "--dry-run")).values()) == {"left"}
    assert set(states(batch(work, "--backend", "torch")).values()) == {"painted"}


@pytest.mark.usefixtures("stand_in")
def test_engines_beside_each_other_are_told_how_many_share_the_memory(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more of them than pictures; and their number is no reason to paint again."""
    commands: list[Sequence[str]] = []
    start = Engine.start

    def noted(command: Sequence[str], environment: Mapping[str, str]) -> Engine:
        commands.append(command)
        return start(command, environment)

    monkeypatch.setattr(Engine, "start", noted)
    batch(work, "--jobs", "3")
    assert [command[-2:] for command in commands] == [["--engines", "2"]] * 2
    assert set(states(batch(work)).values()) == {"kept"}


def test_a_batch_loads_nothing_that_computes(work: Path) -> None:
    """Its engines do, here a stand-in: on a card the command itself would take memory from them."""
    words = ["batch", "in", "--out", "out", "--style", "style.png", "--jobs", "2", *FAST]
    script = (
        "import sys\nfrom nst_core.cli import batch\nfrom nst_core.cli.command import main\n"
        f"batch.default_command = lambda: {stand_in_engine('inverted')!r}\n"
        f"main({words!r}, standalone_mode=False)\n"
        "assert not {'onnxruntime', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=work, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert len(records(work)) == 2


def test_a_style_file_that_is_decoded_otherwise_is_the_same_one(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of a library may round a value otherwise: nothing is painted again for that."""
    options = JobOptions({}, (str(work / "style.png"),), mask=str(work / "in" / "cat.png"))
    before = resolve_job(options).facts()
    read = decoding.decode_image

    def otherwise(encoded: bytes, name: str, page: int | None = None, *more: Any) -> Any:
        source = read(encoded, name, page, *more)
        return replace(source, pixels=np.maximum(source.pixels - np.float32(1 / 255), 0))

    monkeypatch.setattr(decoding, "_decoded", LruCache(2**20, lambda pixels: pixels.nbytes))
    monkeypatch.setattr(decoding, "decode_image", otherwise)
    monkeypatch.setattr(image_files, "decode_image", otherwise)
    after = resolve_job(options)
    assert after.facts() == before
    image_files.write(work / "in" / "cat.png", photograph("cat", 64, 48))
    assert resolve_job(options).facts() != before


def records(work: Path) -> list[Path]:
    return list((work / "out" / ".neural-style").iterdir())


@pytest.mark.usefixtures("stand_in")
def test_what_a_batch_did_not_write_is_not_written_over(work: Path) -> None:
    """An edited result and a stranger's file are left alone, and the others are painted; --overwrite means it."""
    batch(work)
    (work / "out" / "cat.png").write_bytes(b"edited by hand")
    result = batch(work, "--strength", "70")
    assert result.exit_code == 1
    assert states(result) == {"cat.png": "failed", "coffee.png": "painted"}
    assert (work / "out" / "cat.png").read_bytes() == b"edited by hand"
    assert set(states(batch(work, "--strength", "70", "--overwrite")).values()) == {"painted"}
    assert image_files.read(work / "out" / "cat.png").shape == (48, 64, 3)


@pytest.mark.usefixtures("stand_in")
def test_one_bad_picture_does_not_stop_the_others(work: Path) -> None:
    """It is told in one sentence, the others are painted, and the exit code says that something failed."""
    (work / "in" / "bad.jpg").write_bytes(b"nonsense")
    image_files.write(work / "in" / "tiny.png", np.zeros((8, 8, 3), np.float32))
    result = run("batch", work / "in", "--out", work / "out", "--style", work / "style.png", "--format", "jpg")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 2
    assert "bad.jpg is not a picture" in result.stderr
    assert "tiny.png is 8 x 8 px" in result.stderr
    assert "2" in result.stdout
    assert "painted" in result.stdout
    assert {path.name for path in (work / "out").iterdir()} == {".neural-style", "cat.jpg", "coffee.jpg"}


def test_a_picture_that_webp_cannot_hold_is_not_painted_first(work: Path) -> None:
    """Each command says so at once; a batch paints the others."""
    image_files.write(work / "in" / "long.png", np.zeros((32, 16_400, 3), np.float32))
    style: list[str | Path] = ["--style", work / "style.png", *FAST]
    single = run("stylize", work / "in" / "long.png", "-o", work / "long.webp", *style)
    drawn = run("sheet", work / "in" / "long.png", "-o", work / "s.webp", "--size", "16400", "--columns", "1", *FAST)
    for result in (single, drawn):
        assert result.exit_code == 2, result.output
        assert "WEBP holds 16383 px" in result.stderr
    (work / "in" / "coffee.png").unlink()
    result = batch(work, "--format", "webp", "--strength", "0")
    assert states(result) == {"cat.png": "painted", "long.png": "failed"}
    assert "WEBP holds 16383 px" in result.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gone", "--preset", "mosaic"], "gone does not exist"),
        (["in", "--preset", "no such look"], "no such look"),
        (["in"], "either --style or --preset"),
        (["in", "--preset", "mosaic", "--jobs", "0"], "jobs is 0"),
        (["in", "--preset", "mosaic", "--jobs", "2", "--sequence"], "one frame after another"),
        (["in", "--preset", "mosaic", "--strength", "101"], "strength"),
        (["in", "--preset", "mosaic", "--backend", "onnx", "--device", "mps"], "mps"),
    ],
)
def test_what_concerns_every_picture_is_refused_at_once(
    work: Path, words: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, one sentence, and no result."""
    monkeypatch.chdir(work)
    result = run("batch", *words, "--out", "out")
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(Path().glob("out/*.png"))


def test_what_ends_a_batch_is_told_after_what_was_done(work: Path) -> None:
    """The table, then the sentence, and exit code 2; with --json one object that has both."""
    words: list[str | Path] = ["batch", work / "in", "--out", work / "out", "--preset", "mosaic", "--device", "mps"]
    result = run(*words, "--backend", "onnx")
    assert result.exit_code == 2
    assert [len(result.stdout.split("not painted")), result.stderr.count("mps")] == [2, 1]
    summary = report(run(*words, "--backend", "onnx", "--json"))
    assert summary["error"]["code"] == "backend-unavailable"
    assert summary["counts"] == {"painted": 0, "kept": 0, "failed": 0, "left": 2}


def test_the_board_tells_how_far_the_whole_is_and_how_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What had nothing to do took no time; time that is left follows from what was painted, halves included."""
    now = [0.0]
    monkeypatch.setattr("nst_core.cli.batch.time.monotonic", lambda: now[0])
    board = cli_batch._ProgressBars(8)
    whole = board._bar.tasks[0]

    def shown() -> tuple[str, float, str]:
        return whole.description, whole.completed, whole.fields["note"]

    first, second, third = (Item(Path(name), Path(name)) for name in "abc")
    board.began(0, first)
    board.ended(0, Report(first, "kept"))
    assert shown() == ("1 of 8", 1.0, "")
    board.began(0, second)
    board.began(1, third)
    now[0] = 90.0
    board.reached(0, 0.5)
    assert shown() == ("1 of 8", 1.5, "19:30 left")
    board.ended(0, Report(second, "painted"))
    board.reached(1, 0.5)
    assert shown() == ("2 of 8", 2.5, "5:30 left")
    board.ended(1, Report(third, "failed"))
    assert shown() == ("3 of 8", 3.0, "7:30 left")
    assert [task.visible for task in board._bar.tasks] == [True, False, False]


def test_the_table_counts_what_became_of_the_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each ending that there was, with the mean of the seconds; a dry run says what it would do."""
    entries: list[dict[str, Any]] = [{"state": "painted", "metrics": {"seconds": n}, "source": "a"} for n in (2.0, 3.0)]
    summary = {"out": "out", "dry_run": False, "pictures": [*entries, {"state": "kept", "source": "b"}]}
    cli_batch.print_report(summary)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["│", "2", "│", "painted", "│", "2.5", "│"] in rows
    assert ["│", "1", "│", "nothing", "to", "do", "│", "│"] in rows
    cli_batch.print_report(summary | {"dry_run": True, "pictures": [{"state": "left", "source": "c"}]})
    assert "to be painted" in capsys.readouterr().out


@unix_only
def test_ctrl_c_keeps_what_is_finished_and_leaves_nothing_else(work: Path) -> None:
    """As on a terminal, where the engines hear it too: exit code 130, no half file, no process; a new run goes on."""
    image_files.write(work / "in" / "a.png", photograph("cat", 40, 40))
    image_files.write(work / "in" / "b.png", photograph("cat", 480, 640))
    words = ["batch", str(work / "in"), "--out", str(work / "out"), "--style", str(work / "style.png")]
    script = f"from nst_core.cli.command import main; main({[*words, '--backend', 'onnx', '--json']!r})"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=HERE.parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        assert comes_true((work / "out" / ".neural-style" / "a.png.json").exists, 120)
        assert comes_true(partial(psutil.Process(child.pid).children, recursive=True), 120)
        engines = psutil.Process(child.pid).children(recursive=True)
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    psutil.wait_procs(engines, timeout=60)
    assert not any(engine.is_running() for engine in engines)
    assert err.count("\n") == 1
    summary = json.loads(out)
    assert summary["counts"] == {"painted": 1, "kept": 0, "failed": 0, "left": 3}
    assert [path.name for path in (work / "out").iterdir() if path.is_file()] == ["a.png"]
    assert states(run(*words, "--backend", "onnx", "--dry-run", "--json"))["a.png"] == "kept"


def test_frames_go_on_from_each_other_and_flicker_less(work: Path) -> None:
    """Where the picture's motion is taken away, less changes from frame to frame than between frames painted alone."""
    scene = photograph("coffee", 120, 160)
    for path in (work / "in").iterdir():
        path.unlink()
    for number in range(8, 11):  # 10 comes after 9
        image_files.write(
            work / "in" / f"frame{number}.png", scene[2 * number : 2 * number + 60, : 3 * number + 80][:, -80:]
        )
    assert batch(work).exit_code == 0
    alone = flicker(work / "out")
    together = run("batch", work / "in", "--out", work / "film", "--style", work / "style.png", *FAST, "--sequence")
    assert together.exit_code == 0, together.output
    assert flicker(work / "film") < 0.5 * alone
    (work / "film" / "frame9.png").unlink()
    again = run(
        "batch", work / "in", "--out", work / "film", "--style", work / "style.png", *FAST, "--sequence", "--json"
    )
    # What is painted again is what it was, to the byte: the one after it has nothing to do.
    assert states(again) == {"frame8.png": "kept", "frame9.png": "painted", "frame10.png": "kept"}


def flicker(folder: Path) -> float:
    """Mean difference of frames that are 3 px to the right and 2 px down of each other."""
    frames = [image_files.read(folder / f"frame{number}.png") for number in range(8, 11)]
    return float(np.mean([np.abs(a[2:, 3:] - b[:-2, :-3]).mean() for a, b in pairwise(frames)]))
