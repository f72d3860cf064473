"""What a job, a batch, a machine or a set-up lacks: each is told in a sentence before anything is painted."""

from __future__ import annotations

import math
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from PIL import Image

from nst_core.backends import select
from nst_core.backends.torch import has_fast_bfloat16
from nst_core.batch.batch import Batch
from nst_core.batch.batch_files import Item
from nst_core.batch.records import file_digest
from nst_core.cli.job_inputs import require_recipe_path, write_recipe
from nst_core.cli.plan import _clock
from nst_core.imaging.arrays import flatten
from nst_core.imaging.files import color_profiles, decoding, image_files
from nst_core.painting.composite import composite
from nst_core.painting.job import Job, Style
from nst_core.painting.job_plan import budget
from nst_core.setup import check_engine
from nst_core.shared.errors import BackendUnavailableError, InvalidImageError, NeuralStyleError, UnwritableOutputError
from nst_core.shared.settings import Settings
from nst_core.system import memory
from nst_core.system.optional_packages import missing

if TYPE_CHECKING:
    from nst_core.backends.base import Backend

NOISE = np.random.default_rng(5).random((40, 48, 3), dtype=np.float32)
STYLE = Style(NOISE)

JOBS: dict[str, tuple[str, dict[str, Any]]] = {
    "no style": ("there is no style", {"styles": ()}),
    "weights of nothing": ("there is no style", {"styles": (Style(NOISE, 0.0),)}),
    "part": ("the part is 0", {"part": 0.0}),
    "start": ("start from has another size", {"init": NOISE[:32]}),
    "mask": ("mask has another size", {"mask": NOISE[:32, :, 0]}),
    "strength map": ("strength map has another size", {"strength_map": NOISE[:32, :, 0]}),
    "strength map beyond 1": ("outside 0 to 1", {"strength_map": np.full((40, 48), 1.5, np.float32)}),
    "strength map without numbers": ("not numbers", {"strength_map": np.full((40, 48), np.nan, np.float32)}),
    "guide": ("guide has another size", {"styles": (Style(NOISE, 1.0, NOISE[:32, :, 0]),)}),
    "empty guide": ("cover nothing", {"styles": (Style(NOISE, 1.0, np.zeros((40, 48), np.float32)),)}),
    "all masked": ("nothing of the picture is visible", {"mask": np.zeros((40, 48), np.float32)}),
    "doubles": ("not a float32", {"content": NOISE.astype(np.float64)}),
    "tiny": ("is 48 x 8 px", {"content": NOISE[:8]}),
}


@pytest.mark.parametrize("case", JOBS)
def test_a_job_that_makes_no_sense_is_refused(case: str) -> None:
    """When it is made, not when it runs."""
    sentence, facts = JOBS[case]
    with pytest.raises(NeuralStyleError, match=sentence):
        Job(**{"content": NOISE, "styles": (STYLE,), **facts})


def test_a_batch_names_the_pictures_it_cannot_read(tmp_path: Path) -> None:
    """The others are looked at all the same, and in a sequence too."""
    image_files.write(tmp_path / "b.png", NOISE)
    items = [Item(tmp_path / f"{name}.png", tmp_path / "out" / f"{name}.png") for name in "abb"]
    for sequence in (False, True):
        batch = Batch(items, tmp_path / "out", {}, lambda *_: pytest.fail("nothing is made"), sequence=sequence)
        assert [report.state for report in batch.dry_run()][:2] == ["failed", "left"]
    with pytest.raises(InvalidImageError, match="cannot be read"):
        file_digest(tmp_path / "a.png")


def test_a_recipe_needs_a_place(tmp_path: Path) -> None:
    """A folder, a file in no folder and a name that no system takes are refused before, and after, hours of work."""
    for place in (str(tmp_path), str(tmp_path / "no" / "recipe.json"), "nul\0.json"):
        with pytest.raises(UnwritableOutputError):
            require_recipe_path(place)
    with pytest.raises(UnwritableOutputError):
        write_recipe(tmp_path, {})
    path = require_recipe_path(str(tmp_path / "recipe.json"))
    write_recipe(path, {"format": 1})
    assert path.is_file()


@pytest.mark.parametrize(("seconds", "words"), [(7.4, "7 s"), (67, "1 min 7 s"), (7322, "2 h 2 min")])
def test_a_forecast_is_told_in_the_units_of_people(seconds: float, words: str) -> None:
    """Nobody counts hours in seconds."""
    assert _clock(seconds) == words


def test_a_backend_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch that is not installed, and a device that nothing here has."""
    with pytest.raises(BackendUnavailableError, match="computes on mps with onnx"):
        select.choose("onnx", "mps")
    monkeypatch.setattr(select, "has_torch", lambda: False)
    with pytest.raises(BackendUnavailableError, match="PyTorch is not installed"):
        select.choose("torch")
    assert select.choose("auto", "cpu").device == "cpu"


def test_a_processor_with_fast_halves_prefers_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one without prefers ONNX Runtime."""
    monkeypatch.setattr(select, "_torch_may_be_preferred", lambda: True)
    for fast, first in ((True, "torch"), (False, "onnx")):
        monkeypatch.setattr("nst_core.backends.torch.has_fast_bfloat16", lambda fast=fast: fast)
        places = [name for name, device in select._preferences(("onnx", "torch"))[0] if device == "cpu"]
        assert places[0] == first


@pytest.mark.parametrize(
    ("abilities", "fast"),
    [
        ({"cpu_name": "AMD EPYC", "avx512_bf16": True}, True),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True}, False),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True, "amx_bf16": True}, True),
        ({"cpu_name": "AMD EPYC"}, False),
        ({}, False),
    ],
)
def test_bfloat16_is_used_where_it_is_faster(
    abilities: dict[str, object],
    fast: bool,  # noqa: FBT001 - a column of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Intel's vector instructions for it are slower than those for float32."""
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: abilities)
    assert has_fast_bfloat16() is fast


def test_what_is_not_a_file_is_no_picture(tmp_path: Path) -> None:
    """A socket would never end; a folder, or nothing, is told as what it is."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name, sentence in (("socket", "is not a file"), ("", "is a folder"), ("none.png", "does not exist")):
            with pytest.raises(InvalidImageError, match=sentence):
                image_files.read_image(tmp_path / name)
    for name in ("no/a.png", "nul\0.png"):
        with pytest.raises(UnwritableOutputError):
            image_files.require_writable(tmp_path / name)


def test_a_container_that_hides_this_process_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has held at most stands for what it holds."""
    import psutil  # noqa: PLC0415 - its error, where it is raised

    def hidden() -> None:
        raise psutil.NoSuchProcess(1)

    monkeypatch.setattr("psutil.Process", hidden)
    assert memory.held_memory() == memory.peak_memory()


def test_no_strength_gives_the_photograph() -> None:
    """Whatever was painted."""
    job = Job(NOISE, (STYLE,), Settings(strength=0.0))
    np.testing.assert_allclose(composite(job, 1 - NOISE), NOISE, atol=1e-6)


def test_a_package_left_out_is_told_from_another_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an extra brings is named with it; an import that breaks inside is told as it is."""
    error = missing(ModuleNotFoundError("No module named 'torch'", name="torch"))
    assert error is not None
    assert "[torch]" in error.remedy
    assert missing(ModuleNotFoundError("No module named 'x'", name="x")) is None

    def broken(_module: str) -> None:
        raise ImportError("libx.so is missing", name="x")

    monkeypatch.setattr(check_engine, "_runtime", broken)
    (finding,) = check_engine._backend("torch", "torch")
    assert (finding.state, finding.text) == ("problem", "torch cannot be imported (libx.so is missing)")


def test_files_too_large_and_folders_closed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before they are read, and before hours are spent."""
    image_files.write(tmp_path / "a.png", NOISE)
    monkeypatch.setattr(image_files, "MOST_BYTES", 10)
    with pytest.raises(NeuralStyleError, match=r"a\.png"):
        image_files.read_image(tmp_path / "a.png")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UnwritableOutputError, match="cannot be written to"):
        image_files.require_writable(tmp_path / "b.png")


def test_what_is_transparent_lies_on_white() -> None:
    """Straight alpha; without any the picture is what it was."""
    clear = np.concatenate([NOISE, np.zeros((40, 48, 1), np.float32)], axis=2)
    assert (flatten(clear) == 1).all()
    assert flatten(NOISE) is NOISE


def test_gray_of_many_bits_is_read_or_refused() -> None:
    """16 bits and floats are; whole numbers beyond 16 bits have no white."""
    assert decoding._deep_gray(Image.fromarray(np.full((2, 2), 65535, np.int32)), "x").max() == 1
    assert decoding._deep_gray(Image.fromarray(np.full((2, 2), 0.5, np.float32)), "x").max() == 0.5
    with pytest.raises(InvalidImageError, match="more than 16 bits"):
        decoding._deep_gray(Image.fromarray(np.full((2, 2), 70_000, np.int32)), "x")


def test_a_profile_that_is_none_is_of_no_use() -> None:
    """The colours are taken as they stand then."""
    assert color_profiles.to_srgb((255 * NOISE).astype(np.uint8), b"no profile") is None


def test_memory_without_a_measure_has_no_bound() -> None:
    """A device that cannot say what is free is taken at its word: full is when it says so."""

    class Silent:
        device = "mps"

        def free_memory(self) -> None:
            return None

    assert budget(Settings(), cast("Backend", Silent())) == math.inf


def test_a_backend_asked_for_by_name_loads_no_other() -> None:
    """PyTorch takes seconds to load, and memory that a budget may not have."""
    code = "import sys; from nst_core.backends.select import choose; choose('onnx', 'cpu');"
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
