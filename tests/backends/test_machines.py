"""Broken libraries, cards that cannot be used, few processors: a run goes on with what works, and says so once."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import python

from nst_core.backends import select
from nst_core.imaging.files import image_files
from nst_core.setup import plugin_installer
from nst_core.shared.client import launch
from nst_core.shared.sentences import Note

PICTURE = np.full((40, 40, 3), 0.5, np.float32)


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        ("raise OSError('libtorch.so: not found')", "installed but broken, and is not used"),
        ("__version__ = '2.7.1+cpu'", "PyTorch 2.7.1+cpu is too old, and is not used: 2.8 or newer"),
        ("__version__ = '2.13.0'", "installed but broken, and is not used"),
    ],
)
def test_a_broken_or_old_pytorch_is_passed_over_with_a_note(tmp_path: Path, fault: str, note: str) -> None:
    """Libraries or parts that are missing, or a version before those used: ONNX Runtime paints, a note says why."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(fault)
    done = python(
        "from nst_core.backends.select import choose; made = choose(); print(made.name, [*map(str, made.notes)])",
        PYTHONPATH=str(tmp_path),
    )
    assert done.stdout.startswith("onnx ["), done.stderr
    assert note in done.stdout


def test_a_card_that_is_seen_and_cannot_be_used_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first kernel shows it: the processor paints, and the note stands in the answer once."""

    def make(name: str, device: str, notes: tuple[Note, ...] = ()) -> Any:
        if device == "cuda":
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
        return real(name, device, notes)

    real = select._make
    select._fault.cache_clear()
    monkeypatch.setattr(select, "_make", make)
    monkeypatch.setattr(select, "_torch_may_be_preferred", lambda: True)
    monkeypatch.setattr(select, "_torch", lambda: (("cuda",), False, ""))
    made = select.choose()
    select._fault.cache_clear()
    assert (made.name, made.device) == ("onnx", "cpu")
    assert [note for note in made.notes if "no kernel image" in str(note)] == list(made.notes)


@pytest.mark.parametrize(
    ("build", "flags", "asked"),
    [
        ("2.13.0+cpu", "flags : avx2 fma", []),
        ("2.13.0+cpu", "flags : avx2 amx_bf16", ["torch"]),
        ("2.13.0+cu128", "flags : avx2 fma", ["torch"]),
        ("2.13.0+cpu", None, ["torch"]),
    ],
)
def test_a_pytorch_that_cannot_be_faster_is_not_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, build: str, flags: str | None, asked: list[str]
) -> None:
    """One for processors without instructions for bfloat16: its import would take most of an engine's start."""
    (tmp_path / "version.py").write_text(f"__version__ = '{build}'\n")
    if flags is not None:
        (tmp_path / "cpuinfo").write_text(flags)
    imports = list[str]()

    def imported() -> tuple[tuple[str, ...], bool, Note | None]:
        imports.append("torch")
        return (), False, None

    monkeypatch.setattr(select, "find_spec", lambda _name: ModuleSpec("torch", None, origin=str(tmp_path / "x.py")))
    monkeypatch.setattr(select, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(select, "_torch", imported)
    assert select.choose().name == "onnx"
    assert imports == asked


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="masks of processors of Linux")
def test_a_mask_of_processors_is_kept() -> None:
    """Under taskset or Slurm: so many threads, and none is pinned outside."""
    script = (
        "import os\nall_of_them = os.sched_getaffinity(0)\nos.sched_setaffinity(0, {min(all_of_them)})\n"
        "from nst_core.system import threads\nfrom nst_core.backends.select import choose\nimport numpy as np\n"
        "from nst_core.vgg.layers import CLASSIC\n"
        "choose('onnx', 'cpu').held(np.zeros((1, 3, 32, 32), np.float32), CLASSIC)\n"
        "masks = {tuple(os.sched_getaffinity(int(task))) for task in os.listdir('/proc/self/task')}\n"
        "print(threads.count(), masks == {(min(all_of_them),)})"
    )
    if (os.cpu_count() or 1) < 2:
        pytest.skip("there is one processor")
    assert python(script).stdout.strip() == "1 True"


@pytest.mark.parametrize("way", ["a container", "a slice around", "version 1"])
def test_a_quota_of_processors_is_kept(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Docker's --cpus or systemd's CPUQuota says counts, rounded up; the narrowest of all groups."""
    from nst_core.system import threads  # noqa: PLC0415 - as above

    place = {"a container": "", "a slice around": "user.slice", "version 1": "cpu/job"}[way]
    ours = "7:cpu,cpuacct:/job\n" if way == "version 1" else "0::/user.slice/app.scope\n"
    folder = tmp_path / place
    folder.mkdir(parents=True, exist_ok=True)
    files = {"cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000"} if "1" in way else {"cpu.max": "50000 100000"}
    for name, text in files.items():
        (folder / name).write_text(text + "\n")
    (tmp_path / "cgroup").write_text("3:memory:/elsewhere\n" + ours)
    monkeypatch.setattr(threads, "_ROOT", tmp_path)
    monkeypatch.setattr(threads, "_OWN_GROUPS", tmp_path / "cgroup")
    threads._allowed.cache_clear()
    try:
        assert threads.count() == 1
    finally:
        threads._allowed.cache_clear()


@pytest.mark.skipif(not find_spec("torch"), reason="needs PyTorch")
@pytest.mark.parametrize("way", ["quota", "mask"])
def test_pytorch_keeps_masks_and_quotas(tmp_path: Path, way: str) -> None:
    """A quota, of which it knows nothing, is told to it; what it was told before is never raised."""
    (tmp_path / "cpu.max").write_text("50000 100000\n" if way == "quota" else "max 100000\n")
    script = (
        "import os, pathlib, sys, torch\nfrom nst_core.backends.torch import TorchBackend\n"
        "from nst_core.system import threads\nthreads._ROOT = pathlib.Path(sys.argv[1])\n"
        "threads._OWN_GROUPS = threads._ROOT / 'none'\ntorch.set_num_threads(2)\nTorchBackend()\n"
        "print(torch.get_num_threads())"
    )
    masked = "import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n" if way == "mask" else ""
    if masked and (not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2):
        pytest.skip("masks of processors of Linux, of which there are several")
    assert python(masked + script, str(tmp_path)).stdout.strip() == "1"


def test_what_a_runtime_prints_is_not_in_the_answer(tmp_path: Path) -> None:
    """ONNX Runtime's wrapper prints where a card cannot be used: --json stays one object."""
    image_files.write(tmp_path / "in.png", PICTURE)
    script = (
        "import sys\nfrom nst_core.backends import onnx_session\nreal = onnx_session.ort.InferenceSession\n"
        "def session(*given, **more):\n    print('*** EP Error ***')\n    return real(*given, **more)\n"
        "onnx_session.ort.InferenceSession = session\n"
        "from nst_core.backends.select import choose\nchoose('onnx', 'cpu')._features\nprint('{}')"
    )
    assert python(script).stdout == "{}\n"


def test_an_output_that_lacks_letters_gets_an_answer(tmp_path: Path) -> None:
    """A pipe in an old encoding: the object says the name in JSON's own way, and the exit code is 0."""
    image_files.write(tmp_path / "写真.png", PICTURE)
    words = ["stylize", str(tmp_path / "写真.png"), "--preset", "mosaic", "--strength", "0", "-o"]
    for more in (["--json"], []):
        out = tmp_path / f"絵{len(more)}.png"
        script = "from nst_core.cli.command import run; run()"
        done = python(script, *words, str(out), *more, PYTHONIOENCODING="cp1252")
        assert done.returncode == 0, done.stderr
        assert out.is_file()
        if more:
            assert json.loads(done.stdout)["output"] == str(out)


def test_an_engine_in_the_users_own_site_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After pip install --user an isolated Python would not see it: its folder is named in the command."""
    place = tmp_path / "lib"
    place.mkdir()
    (place / "only_there.py").write_text("")
    (place / "gimp_neural_style-9.dist-info").mkdir()
    (place / "gimp_neural_style-9.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: gimp-neural-style\nVersion: 9\n"
    )
    monkeypatch.syspath_prepend(str(place))
    command = plugin_installer.default_command()
    assert command[1] == "-I"
    assert str(place) in command[-1]
    start = command[-1].replace("nst_core.worker", "only_there")
    assert subprocess.run([*command[:-1], start], cwd=tmp_path, check=False).returncode == 0


def test_an_engine_sees_what_computes_and_not_what_a_packed_gimp_needs() -> None:
    """One list: variables of libraries, cards and threads pass; a poisoned library path does not."""
    passed_on = ("OPENBLAS_NUM_THREADS", "MKL_X", "OMP_X", "CUDA_HOME", "HIP_X", "HSA_X", "PYTORCH_X", "ORT_X")
    variables = dict.fromkeys((*passed_on, "LD_LIBRARY_PATH"), "1")
    assert variables.items() <= launch.clean_environment(variables).items()
    poisoned = launch.clean_environment({**variables, "APPDIR": "/x", "PYTHONPATH": "/x", "LD_PRELOAD": "/x"})
    assert set(passed_on) <= poisoned.keys()
    assert not {"LD_LIBRARY_PATH", "PYTHONPATH", "LD_PRELOAD", "APPDIR"} & poisoned.keys()
