"""Recipes: the file that --save-recipe writes makes the same picture again."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import command_line
import numpy as np
import pytest
from children import python
from click.testing import Result
from engine_fixtures import painting, photograph

from nst_core.imaging.files import image_files
from nst_core.painting.recipe import MACHINE_FIELDS, describe_maker_difference
from nst_core.system import processor

pytestmark = pytest.mark.slow

BACKEND = ["--backend", "onnx"]
"""Not part of a recipe. Without it PyTorch would be chosen where bfloat16 is fast."""
FAST = ["--quality", "draft", *BACKEND]
run = partial(command_line.run, "stylize")


def refusal(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A photograph, two styles and a guide."""
    image_files.write(tmp_path / "photo.png", photograph(60, 80))
    image_files.write(tmp_path / "a.png", painting(64, 64))
    image_files.write(tmp_path / "b.png", painting(48, 90)[:, ::-1])
    guide = np.zeros((60, 80, 3), np.float32)
    guide[:, :40] = 1
    image_files.write(tmp_path / "left.png", guide)
    return tmp_path


@pytest.mark.arithmetic
def test_a_recipe_makes_the_same_bytes_in_another_process(work: Path) -> None:
    """Settings, size and weights come from the recipe, pictures again from their files."""
    styles: list[str | Path] = ["--style", f"{work / 'a.png'}:2", "--style", work / "b.png"]
    guides: list[str | Path] = ["--guide", work / "left.png", "--guide", "none"]
    made = run(work / "photo.png", *styles, *guides, "-o", work / "1.png", "--size", "64", "--seed", "7", "--init",
               "noise", "--save-recipe", work / "r.json", "--json", *FAST)  # fmt: skip
    assert made.exit_code == 0, made.output
    written = json.loads((work / "r.json").read_text())
    assert json.loads(made.stdout)["recipe"] == written
    assert written["size"] == [64, 48]
    assert "/" not in json.dumps(written)
    again = ["--style", work / "a.png", "--style", work / "b.png", *guides, "--recipe", work / "r.json"]
    words = [work / "photo.png", *again, *BACKEND, "-o", work / "2.png"]
    python("from nst_core.cli.command import main; main()", "stylize", *words)
    assert (work / "2.png").read_bytes() == (work / "1.png").read_bytes()


def test_a_recipe_tells_what_made_the_picture_and_another_maker_is_noted(work: Path) -> None:
    """Backend, device and precision, also where they were chosen; another backend or engine is told, and no error."""
    words: list[str | Path] = [work / "photo.png", "--style", work / "a.png", "-o", work / "1.png", "--json"]
    made = run(*words, "--save-recipe", work / "r.json", "--quality", "draft", "--size", "48")
    report, written = json.loads(made.stdout), json.loads((work / "r.json").read_text())
    around = {name: ask() for name, ask in MACHINE_FIELDS.items()}
    assert written["made"] == {name: report[name] for name in ("backend", "device", "precision")} | around
    assert "backend" not in written["settings"]
    again: list[str | Path] = [*words, "--overwrite", "--recipe", work / "r.json"]
    assert json.loads(run(*again).stdout)["notes"] == report["notes"]
    pytest.importorskip("torch")
    other = {"onnx": "torch"}.get(report["backend"], "onnx")
    (note,) = json.loads(run(*again, "--backend", other).stdout)["notes"]
    assert f"made by engine {written['engine']}, {report['backend']} {report['device']}" in note
    assert f"this one by engine {written['engine']}, {other}" in note
    (work / "r.json").write_text(json.dumps(written | {"engine": "0.0.1"}))
    assert "made by engine 0.0.1" in json.loads(run(*again).stdout)["notes"][-1]


def test_another_processor_and_other_kernels_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both recipes tell of them: older ones do not. No path is told."""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    monkeypatch.setenv("MKL_CBWR", "/home/me")
    assert "OPENBLAS_CORETYPE=Prescott" in processor.kernels()
    assert processor.processor()
    assert "/" not in processor.kernels() + processor.processor()
    backend = {"backend": "onnx", "device": "cpu", "precision": "fp32"}
    made = backend | {"processor": "Zen", "kernels": ""}
    here = {"engine": "1", "made": made}
    assert describe_maker_difference(here, here) is None
    assert describe_maker_difference(here, {"engine": "1", "made": backend}) is None
    for other in ({"processor": "Core"}, {"kernels": "OPENBLAS_CORETYPE=Prescott"}):
        there = made | other
        note = describe_maker_difference(here, {"engine": "1", "made": there})
        assert note is not None
        assert f"onnx cpu fp32 {there['processor']} {there['kernels']}".strip() in note


def test_a_recipe_that_does_not_tell_what_made_its_picture_is_read(work: Path) -> None:
    """As they were written before; nothing is noted."""
    words: list[str | Path] = [work / "photo.png", "--style", work / "a.png", "-o", work / "1.png", "--json", *FAST]
    made = run(*words, "--save-recipe", work / "r.json", "--size", "48")
    written = json.loads((work / "r.json").read_text())
    del written["made"]
    (work / "r.json").write_text(json.dumps(written))
    again = run(*words, "--overwrite", "--recipe", work / "r.json")
    assert json.loads(again.stdout)["notes"] == json.loads(made.stdout)["notes"]


def test_a_presets_recipe_needs_no_pictures(work: Path) -> None:
    """The preset is named in it; options lie over its settings."""
    made = run(work / "photo.png", "--preset", "mosaic", "-o", work / "1.png", "--save-recipe", work / "r.json", *FAST)
    assert made.exit_code == 0, made.output
    assert json.loads((work / "r.json").read_text())["preset"] == "mosaic"
    assert run(work / "photo.png", "--recipe", work / "r.json", "-o", work / "2.png", *BACKEND).exit_code == 0
    assert (work / "2.png").read_bytes() == (work / "1.png").read_bytes()
    other = run(work / "photo.png", "--recipe", work / "r.json", "-o", work / "3.png", "--strength", "0")
    assert other.exit_code == 0, other.output
    np.testing.assert_array_equal(image_files.read(work / "3.png"), image_files.read(work / "photo.png"))


def test_a_recipe_knows_its_strength_map(work: Path) -> None:
    """The same map is needed again; without it, or with another one, the picture is refused."""
    words: list[str | Path] = [work / "photo.png", "--style", work / "a.png", "--strength", "0", *FAST]
    made = run(*words, "--strength-map", work / "left.png", "-o", work / "1.png", "--save-recipe", work / "r.json")
    assert made.exit_code == 0, made.output
    repeat: list[str | Path] = [*words, "--recipe", work / "r.json", "-o", work / "2.png", "--overwrite"]
    assert run(*repeat, "--strength-map", work / "left.png").exit_code == 0
    assert "the recipe was made with the strength map" in refusal(run(*repeat))
    other = refusal(run(*repeat, "--strength-map", work / "photo.png"))
    assert "the strength map is not the picture" in other


def test_a_recipe_keeps_that_faces_were_not_kept(work: Path) -> None:
    """`--no-keep-faces` and the method are among its settings and count when it is repeated."""
    words: list[str | Path] = [work / "photo.png", "--style", work / "a.png", "--strength", "0", "--json"]
    switched = ["--no-keep-faces", "--method", "classic"]
    made = run(*words, *switched, "-o", work / "1.png", "--save-recipe", work / "r.json")
    assert made.exit_code == 0, made.output
    again = json.loads(run(*words, "--recipe", work / "r.json", "-o", work / "2.png").stdout)
    assert (again["settings"]["keep_faces"], again["settings"]["method"]) == (False, "classic")


def test_other_pictures_than_the_recipes_are_refused(work: Path) -> None:
    """Another style, a missing one, a guide too many: each is named."""
    made = run(work / "photo.png", "--style", work / "a.png", "-o", work / "1.png", "--save-recipe", work / "r.json",
               "--strength", "0", *FAST)  # fmt: skip
    assert made.exit_code == 0, made.output
    repeat: list[str | Path] = [work / "photo.png", "--recipe", work / "r.json", "-o", work / "2.png"]
    assert "style 1 is not the picture" in refusal(run(*repeat, "--style", work / "b.png"))
    assert "give them with --style" in refusal(run(*repeat))
    assert "is 2, and 1 in the recipe" in refusal(run(*repeat, "--style", work / "a.png", "--style", work / "b.png"))
    extra = run(*repeat, "--style", work / "a.png", "--guide", work / "left.png")
    assert "made without the guide of style 1" in refusal(extra)
    assert not (work / "2.png").exists()


def test_a_style_file_that_was_decoded_otherwise_is_the_recipes(work: Path) -> None:
    """The file's own digest counts where both know it; a recipe of pixels alone takes no others."""
    words: list[str | Path] = [work / "photo.png", "--style", work / "a.png", "--strength", "0", *FAST]
    made = run(*words, "-o", work / "1.png", "--save-recipe", work / "r.json")
    assert made.exit_code == 0, made.output
    recipe = json.loads((work / "r.json").read_text())
    (style,) = recipe["styles"]
    style["sha256"] = "0" * 64
    (work / "r.json").write_text(json.dumps(recipe))
    assert run(*words, "-o", work / "2.png", "--recipe", work / "r.json").exit_code == 0
    del style["file"]
    (work / "r.json").write_text(json.dumps(recipe))
    assert "style 1 is not the picture" in refusal(run(*words, "-o", work / "3.png", "--recipe", work / "r.json"))


GOOD: dict[str, Any] = {"format": 1, "settings": {}, "size": [64, 48], "styles": [{"sha256": "0", "weight": 1}]}


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2}, {"settings": []}, {"settings": {"strenght": 1}}, {"settings": {"texture": 1}}, {"size": [0, 1]},
        {"size": [10**9, 9]}, {"size": "64"}, {"styles": []}, {"styles": [3]}, {"preset": 4}, {"made": "onnx"},
        {"styles": [{"sha256": "0", "weight": -1}]}, {"styles": [{"sha256": "0", "weight": float("nan")}]},
    ],
)  # fmt: skip
def test_a_file_that_is_no_recipe_is_refused(work: Path, change: dict[str, Any]) -> None:
    """One sentence, whatever is wrong with it."""
    (work / "r.json").write_text(json.dumps(GOOD | change))
    refusal(run(work / "photo.png", "--style", work / "a.png", "--recipe", work / "r.json", "-o", work / "1.png"))


def test_a_recipe_that_cannot_be_read_or_written_is_refused_before_the_work(work: Path) -> None:
    """A missing file, one that is not JSON, a folder that does not exist."""
    (work / "r.json").write_bytes(b"\xff{")
    common: list[str | Path] = [work / "photo.png", "--style", work / "a.png", "-o", work / "1.png"]
    for option, file in (("--recipe", "r.json"), ("--recipe", "none.json"), ("--save-recipe", "no/r.json")):
        refusal(run(*common, option, work / file))
    assert not (work / "1.png").exists()


def test_guides_are_given_for_each_style_or_for_none(work: Path) -> None:
    """One guide for two styles is refused, and says how many there are."""
    words: list[str | Path] = [work / "photo.png", "--style", work / "a.png", "--style", work / "b.png"]
    assert "1 for 2 styles" in refusal(run(*words, "--guide", work / "left.png", "-o", work / "1.png"))
