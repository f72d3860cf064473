"""The command line, from its options to its exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import unix_only
from click.testing import Result
from command_line import run

from nst_core.cli import job_inputs, stylize
from nst_core.cli.options import path_and_weight, print_json, settings_from
from nst_core.imaging.files import image_files
from nst_core.imaging.resizing import resize
from nst_core.painting.job import Job
from nst_core.shared.errors import InvalidSettingError
from nst_core.shared.presets import lookup
from nst_core.shared.settings import all_settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PHOTOGRAPHS = ROOT / "demo" / "photographs"
SHELL = [sys.executable, "-c", "from nst_core.cli.command import main; main(prog_name='neural-style')"]
FAST = ["--quality", "draft", "--backend", "onnx"]

Words = list[str | Path]


def answer(result: Result) -> dict[str, Any]:
    """The one object on standard output."""
    parsed = json.loads(result.stdout)
    assert isinstance(parsed, dict)
    return parsed


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a small photograph (64 x 48), one with transparency, a style and a mask."""
    photograph = resize(image_files.read(PHOTOGRAPHS / "coffee.jpg"), 48, 64)
    image_files.write(tmp_path / "photo.png", photograph)
    image_files.write(tmp_path / "style.png", resize(image_files.read(PHOTOGRAPHS / "cat.jpg"), 64, 64))
    alpha = np.ones((48, 64, 1), np.float32)
    alpha[:, :20] = 0
    image_files.write(tmp_path / "cutout.png", np.concatenate([photograph, alpha], axis=2))
    image_files.write(tmp_path / "mask.png", np.repeat(alpha, 3, axis=2))
    return tmp_path


def make_preset(work: Path, monkeypatch: pytest.MonkeyPatch, look: dict[str, Any], weight: float) -> None:
    """The only own preset, `mine`, with the style of the folder."""
    folder = work / "presets" / "gimp-neural-style" / "presets" / "mine"
    folder.mkdir(parents=True)
    (folder / "style.png").write_bytes((work / "style.png").read_bytes())
    preset = {"format": 1, "title": "Mine", "styles": [{"file": "style.png", "weight": weight}], "settings": look}
    (folder / "preset.json").write_text(json.dumps(preset))
    monkeypatch.setenv("XDG_DATA_HOME", str(work / "presets"))


def test_a_picture_is_stylized_at_the_contents_size(work: Path) -> None:
    """One human line says what was made, and the file has the content's size and another look."""
    result = run("stylize", work / "photo.png", "--style", work / "style.png", "-o", work / "out.png", *FAST)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"wrote {work / 'out.png'} (64 x 48 px) in ")
    assert "onnx on cpu" in result.stdout
    assert result.stdout.count("\n") == 1
    made, before = image_files.read(work / "out.png"), image_files.read(work / "photo.png")
    assert made.shape == before.shape
    assert np.abs(made - before).mean() > 0.01


def test_json_tells_everything_in_one_object(work: Path) -> None:
    """Sizes, times, what computed it, the losses and the settings, with the given ones in place."""
    command: Words = [
        "stylize",
        work / "photo.png",
        "--style",
        work / "style.png",
        "-o",
        work / "out.jpg",
        "--json",
        *FAST,
    ]
    result = run(*command, "--strength", "70", "--seed", "5", "--size", "48")
    assert result.exit_code == 0, result.output
    report = answer(result)
    assert report["output"] == str(work / "out.jpg")
    assert report["size"] == [48, 36]
    assert report["backend"] == "onnx"
    assert report["device"] == "cpu"
    assert report["precision"]
    assert report["seconds"] > 0
    assert sum(report["evaluations"]) > 0
    assert report["losses"]["style"] > 0
    assert report["peak_memory"] > 10_000_000
    assert report["notes"] == []
    assert report["settings"].keys() == {named.name for named in all_settings()}
    assert report["settings"]["strength"] == 70
    assert report["settings"]["seed"] == 5
    assert image_files.read(work / "out.jpg").shape[:2] == tuple(reversed(report["size"]))


def test_transparency_and_masks_are_respected(work: Path) -> None:
    """Alpha comes back as it was; where the mask is black the photograph stays."""
    cut: Words = ["stylize", work / "cutout.png", "--style", work / "style.png", "-o", work / "cut-out.png", *FAST]
    assert run(*cut).exit_code == 0
    made, before = image_files.read(work / "cut-out.png"), image_files.read(work / "cutout.png")
    np.testing.assert_array_equal(made[..., 3], before[..., 3])
    masked: Words = ["stylize", work / "photo.png", "--style", work / "style.png", "--mask", work / "mask.png"]
    assert run(*masked, "-o", work / "masked.png", *FAST).exit_code == 0
    made, before = image_files.read(work / "masked.png"), image_files.read(work / "photo.png")
    np.testing.assert_allclose(made[:, :16], before[:, :16], atol=1.1 / 255)
    assert np.abs(made[:, 24:] - before[:, 24:]).mean() > 0.01


def test_a_strength_map_says_how_far_to_go_place_by_place(work: Path) -> None:
    """White is the full strength, black nothing, grey between: as light as it is, fitted to the picture."""
    gray = np.full((30, 40, 3), 0.5, np.float32)
    gray[:, :10], gray[:, 30:] = 0, 1
    image_files.write(work / "map.png", gray)
    words: Words = ["stylize", work / "photo.png", "--style", work / "style.png", "-o", work / "out.png", *FAST]
    assert run(*words, "--strength-map", work / "map.png").exit_code == 0
    made, before = image_files.read(work / "out.png"), image_files.read(work / "photo.png")
    np.testing.assert_allclose(made[:, :12], before[:, :12], atol=1.1 / 255)
    assert np.abs(made[:, 52:] - before[:, 52:]).mean() > 0.01
    (strengths,) = {tuple(row) for row in _map_of(prepared(work, strength_map=str(work / "map.png")))[:, [4, 32, 60]]}
    assert strengths == (0, pytest.approx(0.5, abs=0.01), 1)


def _map_of(job: Job) -> np.ndarray[Any, np.dtype[np.float32]]:
    assert job.strength_map is not None
    assert job.strength_map.shape == (48, 64)
    return job.strength_map


def test_a_plan_takes_a_strength_map_and_a_wrong_one_is_refused(work: Path) -> None:
    """`plan` has the options of `stylize`; a map that is no picture is told in a sentence."""
    words: Words = ["plan", work / "photo.png", "--json", *FAST, "--strength-map"]
    assert run(*words, work / "mask.png").exit_code == 0
    refused = run(*words, work / "gone.png")
    assert refused.exit_code == 2
    assert answer(refused)["error"]["code"] == "invalid-image"


@pytest.mark.parametrize(("words", "kept"), [([], True), (["--keep-faces"], True), (["--no-keep-faces"], False)])
def test_keeping_faces_is_on_and_can_be_switched_off(work: Path, words: list[str], kept: bool) -> None:  # noqa: FBT001 - a case
    """`--no-keep-faces` in the report; `--keep-faces` and nothing are the same."""
    out: Words = ["stylize", work / "photo.png", "--style", work / "style.png", "-o", work / "out.png", "--json"]
    report = answer(run(*out, "--strength", "0", *words))
    assert report["settings"]["keep_faces"] is kept
    assert report["recipe"]["settings"]["keep_faces"] is kept


def test_a_presets_faces_are_its_own_and_options_override_them(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A preset may leave faces as everything else; `--keep-faces` brings them back. So it is with the method."""
    make_preset(work, monkeypatch, {"keep_faces": False, "method": "classic"}, 1.0)
    plain = prepared(work, styles=(), preset="mine").settings
    assert (plain.keep_faces, plain.method) == (False, "classic")
    given = prepared(work, styles=(), preset="mine", settings={"keep_faces": True, "method": "painterly"}).settings
    assert (given.keep_faces, given.method) == (True, "painterly")


def test_the_help_tells_of_strength_maps_faces_and_methods() -> None:
    """Both ways of a switch, its default, and the words of a choice."""
    said = " ".join(run("stylize", "--help").output.split()).replace("- ", "-")  # a break after a hyphen
    for words in ("--strength-map IMAGE", "--keep-faces / --no-keep-faces", "[default: --keep-faces]"):
        assert words in said
    assert "--method painterly|classic" in said


def test_a_real_process_says_nothing_but_its_answer(work: Path) -> None:
    """Without a terminal there is no progress bar: standard error stays empty, standard output is JSON."""
    words: Words = ["stylize", work / "photo.png", "--style", f"{work / 'style.png'}:2", "--style", work / "photo.png"]
    done = subprocess.run(
        [*SHELL, *words, "-o", work / "out.webp", "--init", work / "style.png", "--json", *FAST],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["size"] == [64, 48]


def prepared(work: Path, **changes: Any) -> Job:
    """The job for the photograph, by the style unless something else is said."""
    given: dict[str, Any] = {"styles": (str(work / "style.png"),), "settings": {}}
    resolved = job_inputs.resolve_job(job_inputs.JobOptions(**(given | changes)))
    return resolved.job(job_inputs.read_content(str(work / "photo.png"), resolved.size).pixels)


def test_a_preset_is_the_base_and_options_override_it(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The preset's strength counts unless --strength is given; its pictures are the styles."""
    make_preset(work, monkeypatch, {"strength": 80.0, "color": "content"}, 2.0)
    job = prepared(work, styles=(), preset="mine", settings={"strength": "30"})
    assert job.settings.strength == 30
    assert job.settings.color == "content"
    assert [style.weight for style in job.styles] == [2.0]


def test_init_takes_a_picture_of_any_size(work: Path) -> None:
    """A picture to start from is brought to the content's size; the words keep their meaning."""
    job = prepared(work, settings={"init": str(work / "style.png")})
    assert job.init is not None
    assert job.init.shape == (48, 64, 3)
    job = prepared(work, settings={"init": "noise"})
    assert job.init is None
    assert job.settings.init == "noise"


def test_size_is_the_longest_edge(work: Path) -> None:
    """The content is resized before the work, up or down, keeping its proportions."""
    assert prepared(work, size=128).content.shape == (96, 128, 3)
    assert prepared(work, size=48).content.shape == (36, 48, 3)


def test_a_weight_is_told_from_a_name(tmp_path: Path) -> None:
    """Only a number after the last colon counts, and only if no file is really called so."""
    assert path_and_weight("a.jpg:2.5") == ("a.jpg", 2.5)
    assert path_and_weight("a.jpg:.5") == ("a.jpg", 0.5)
    assert path_and_weight("a.jpg") == ("a.jpg", 1.0)
    assert path_and_weight(r"C:\pictures\a.jpg") == (r"C:\pictures\a.jpg", 1.0)
    assert path_and_weight(r"C:\pictures\a.jpg:3") == (r"C:\pictures\a.jpg", 3.0)
    assert path_and_weight("12:30 noon.jpg") == ("12:30 noon.jpg", 1.0)
    assert path_and_weight("a.jpg:nan") == ("a.jpg:nan", 1.0)
    odd = tmp_path / "take:2"
    odd.write_text("")
    assert path_and_weight(str(odd)) == (str(odd), 1.0)
    assert path_and_weight(f"{odd}:3") == (str(odd), 3.0)


def test_every_setting_is_an_option_with_its_help() -> None:
    """What `settings` lists is what --help lists."""
    shown = " ".join(run("stylize", "--help").stdout.split())
    for named in all_settings():
        assert f"--{named.name.replace('_', '-')}" in shown
        assert named.info.help in shown


def test_text_becomes_a_checked_setting() -> None:
    """Numbers are read as such; what is none is refused by name, over any preset."""
    settings = settings_from({"strength": "12.5", "seed": "7", "color": None}, {"strength": 90, "color": "luminance"})
    assert (settings.strength, settings.seed, settings.color) == (12.5, 7, "luminance")
    for name, text in (
        ("strength", "lots"),
        ("strength", "nan"),
        ("seed", "1.5"),
        ("color", "red"),
        ("seconds", "inf"),
    ):
        with pytest.raises(InvalidSettingError, match=name):
            settings_from({name: text}, {})


BAD = {
    "missing": (["gone.png", "--style", "style.png"], "invalid-image"),
    "empty": (["empty.png", "--style", "style.png"], "invalid-image"),
    "truncated": (["cut.png", "--style", "style.png"], "invalid-image"),
    "no picture": (["words.png", "--style", "style.png"], "invalid-image"),
    "folder": ([".", "--style", "style.png"], "invalid-image"),
    "small": (["small.png", "--style", "style.png"], "image-too-small"),
    "small style": (["photo.png", "--style", "small.png"], "image-too-small"),
    "small by size": (["photo.png", "--style", "style.png", "--size", "33"], "image-too-small"),
    "transparent": (["clear.png", "--style", "style.png"], "nothing-visible"),
    "missing style": (["photo.png", "--style", "gone.png:2"], "invalid-image"),
    "weightless": (["photo.png", "--style", "style.png:0"], "invalid-setting"),
    "no style": (["photo.png"], "invalid-setting"),
    "two styles": (["photo.png", "--style", "style.png", "--preset", "x"], "invalid-setting"),
    "unknown preset": (["photo.png", "--preset", "no such look"], "unknown-preset"),
    "out of range": (["photo.png", "--style", "style.png", "--strength", "101"], "invalid-setting"),
    "no number": (["photo.png", "--style", "style.png", "--brush-size", "big"], "invalid-setting"),
    "no choice": (["photo.png", "--style", "style.png", "--quality", "best"], "invalid-setting"),
    "size": (["photo.png", "--style", "style.png", "--size", "8"], "invalid-setting"),
    "size 0": (["photo.png", "--style", "style.png", "--size", "0"], "invalid-setting"),
    "mask": (["photo.png", "--style", "style.png", "--mask", "gone.png"], "invalid-image"),
    "black mask": (["photo.png", "--style", "style.png", "--mask", "black.png"], "nothing-visible"),
    "init": (["photo.png", "--style", "style.png", "--init", "gone.png"], "invalid-image"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_sentence(work: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, one sentence on standard error, its code with --json, no traceback, and no output file."""
    monkeypatch.chdir(work)
    Path("empty.png").write_bytes(b"")
    Path("words.png").write_text("words")
    Path("cut.png").write_bytes(Path("photo.png").read_bytes()[:900])
    image_files.write("small.png", np.zeros((31, 64, 3), np.float32))
    image_files.write("black.png", np.zeros((48, 64, 3), np.float32))
    image_files.write("clear.png", np.zeros((48, 64, 4), np.float32))
    words, code = BAD[case]
    result = run("stylize", *words, "-o", "out.png", "--json", *([] if case == "no choice" else FAST))
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("neural-style: ")
    assert result.stderr.endswith(".\n")
    assert result.stderr.count("\n") == 1
    error = answer(result)["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["remedy"]
    assert not Path("out.png").exists()


@pytest.mark.parametrize("output", ["out.xyz", "nowhere/out.png", "folder.png"])
def test_an_unwritable_output_is_refused_before_the_content_is_even_read(work: Path, output: str) -> None:
    """The output is judged first: the content does not exist, and yet it is the output that is named."""
    (work / "folder.png").mkdir()
    result = run("stylize", work / "gone.png", "--style", work / "gone.png", "-o", work / output)
    assert result.exit_code == 2
    assert Path(output).name in result.stderr or "nowhere" in result.stderr
    assert "gone" not in result.stderr


def test_a_missing_argument_exits_with_2() -> None:
    """What the option parser refuses has the same exit code."""
    assert run("stylize").exit_code == 2
    assert run("stylize", "--nonsense").exit_code == 2


def test_numbers_json_cannot_hold_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    """An infinite loss must not make the object unreadable."""
    print_json({"losses": [float("nan"), 1.0], "size": (1, 2)})
    assert json.loads(capsys.readouterr().out) == {"losses": [None, 1.0], "size": [1, 2]}


def test_presets_are_listed_for_people_and_for_programs() -> None:
    """Both lists name the same presets."""
    listing = lookup.list_presets()
    listed = run("presets", "list")
    assert listed.exit_code == 0
    shown = answer(run("presets", "list", "--json"))
    assert [entry["slug"] for entry in shown["presets"]] == [preset.slug for preset in listing.presets]
    for preset in listing.presets:
        assert preset.slug in listed.stdout
        assert preset.title in listed.stdout


def test_the_plugin_is_installed_and_removed_by_profile(tmp_path: Path) -> None:
    """--profile names where; what is not there is said so."""
    profile = tmp_path / "3.0"
    result = run("install", "--profile", profile)
    assert result.exit_code == 0, result.output
    assert (profile / "plug-ins" / "neural-style" / "engine.json").is_file()
    assert str(profile) in result.stdout
    assert "removed" in run("uninstall", "--profile", profile).stdout
    assert "no plug-in" in run("uninstall", "--profile", profile).stdout


def test_without_a_gimp_installing_exits_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, with the way out."""
    monkeypatch.setenv("GIMP3_DIRECTORY", str(tmp_path / "gone"))
    result = run("install")
    assert result.exit_code == 2
    assert "--profile" in result.stderr


def test_doctor_answers_for_people_and_for_programs() -> None:
    """The exit code says whether there is a problem, and so does the object."""
    result = run("doctor", "--json")
    report = answer(result)
    assert result.exit_code == (0 if report["ok"] else 1)
    assert {finding["subject"] for finding in report["findings"]} >= {"python", "weights", "onnx", "memory", "plug-in"}


def test_help_loads_nothing_heavy() -> None:
    """--help must come at once: no numpy, no runtime, no Pillow."""
    script = (
        "import sys; from nst_core.cli.command import main\n"
        "try: main(['stylize', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'numpy', 'onnxruntime', 'PIL', 'torch', 'rich'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--strength" in done.stdout


def until(terminal: int, word: str, seconds: float = 60) -> str:
    """What the terminal shows until a word appears on it."""
    shown = ""
    deadline = time.monotonic() + seconds
    while word not in shown:
        assert time.monotonic() < deadline, f"{word!r} never came: {shown}"
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 4096).decode(errors="replace")
    return shown


def drain(terminal: int) -> None:
    """Read until the other side is closed: a program whose terminal nobody reads stands still sooner or later."""
    with contextlib.suppress(OSError):  # how Linux tells the end
        while os.read(terminal, 4096):
            pass


@unix_only
def test_on_a_terminal_the_first_ctrl_c_keeps_the_picture(work: Path) -> None:
    """A progress bar tells octave and time left; Ctrl-C finishes early, writes the best so far and says so."""
    import pty  # noqa: PLC0415 - Unix only

    ours, theirs = pty.openpty()
    words: Words = [
        "stylize",
        work / "photo.png",
        "--style",
        work / "style.png",
        "-o",
        work / "out.png",
        "--size",
        "256",
    ]
    with subprocess.Popen(
        [*SHELL, *words, "--quality", "max", "--backend", "onnx", "--json"],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as child:
        os.close(theirs)
        until(ours, "left")
        child.send_signal(signal.SIGINT)
        until(ours, "press Ctrl-C again")
        drain(ours)
        out, _ = child.communicate(timeout=60)
    os.close(ours)
    assert child.returncode == 0
    assert stylize.STOPPED in json.loads(out)["notes"]
    assert image_files.read(work / "out.png").shape == (192, 256, 3)
