"""What is asked of ONNX Runtime before anything else, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nst_core
from nst_core.backends.onnx_session import load_graph
from nst_core.system import threads as processors
from nst_core.vgg import weights

ROOT = Path(nst_core.__file__).resolve().parent.parent
USE = """
import numpy
from nst_core.backends.onnx import OnnxBackend
from nst_core.vgg.layers import CLASSIC
OnnxBackend().held(numpy.zeros((1, 3, 32, 32), numpy.float32), CLASSIC)
"""
STAND_IN = """
def disable_telemetry_events(): pass
def get_available_providers(): return ["CUDAExecutionProvider", "CPUExecutionProvider"]
def preload_dlls(): print("Failed to load libcudnn.so.9")
"""


def run(code: str, home: Path, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    variables = {"HOME": str(home), "USERPROFILE": str(home), "PATH": os.defpath, "PYTHONPATH": f"{path}:{ROOT}"}
    return subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)


def test_it_keeps_no_notes_for_its_makers(tmp_path: Path) -> None:
    """Neither an identifier of this machine nor events to be sent, which its released builds keep at home."""
    done = run(USE, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_cuda_is_loaded_without_a_word_on_the_standard_output(tmp_path: Path) -> None:
    """Where --json is printed; a build with CUDA is played by a stand-in."""
    (tmp_path / "onnxruntime.py").write_text(STAND_IN)
    done = run("from nst_core.backends import onnx_session; onnx_session._prepare()", tmp_path, tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "libcudnn" in done.stderr


@pytest.mark.parametrize(
    ("said", "given", "used"), [("1", 0, 1), ("3,2", 0, 3), ("1", 2, 2), ("", 0, 0), ("many", 0, 0), ("-1", 0, 0)]
)
def test_it_has_as_many_threads_as_a_person_said(
    said: str, given: int, used: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OMP_NUM_THREADS counts where nothing else is given, as it does for the other libraries; 0: all cores."""
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    session = load_graph(weights.verified(weights.NEAREST_FILE), given)
    assert session.get_session_options().intra_op_num_threads == used


@pytest.mark.parametrize("more", [0, 1])
def test_threads_do_not_wait_in_a_loop_where_they_are_more_than_processors(more: int) -> None:
    """With eight times as many threads as processors a painting took four times as long."""
    session = load_graph(weights.verified(weights.NEAREST_FILE), processors.count() + more)
    options = session.get_session_options()
    try:
        spins = options.get_session_config_entry("session.intra_op.allow_spinning") != "0"
    except RuntimeError:  # not set
        spins = True
    assert spins == (not more)
