"""The engine from the host's side: real children, good and bad ones."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from children import FAKE_ENGINE, WAIT_SECONDS, child, comes_true, is_alive
from fake_painting import LONG, PICTURE, request

from nst_core.shared.client.engine import MAX_STDERR, Engine
from nst_core.shared.client.launch import BUNDLE_SIGNS, PLAIN_PATH, clean_environment, engine_command
from nst_core.shared.errors import (
    CancelledError,
    EngineCrashedError,
    EngineMismatchError,
    EngineMissingError,
    NeuralStyleError,
    OutOfMemoryError,
    ProtocolError,
)
from nst_core.shared.wire.messages import Cancelled, Done, Failed, Pixels, Preview, Progress, StylePixels, Stylize
from nst_core.shared.wire.protocol import PROTOCOL

pytestmark = pytest.mark.slow


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine.start(FAKE_ENGINE, os.environ) as engine:
        yield engine


def test_a_request_is_done_and_its_progress_told(engine: Engine) -> None:
    """stylize returns Done; the callbacks hear of steps, the last one too, and of previews, in the caller's thread."""
    heard: list[tuple[object, threading.Thread]] = []
    hear = lambda event: heard.append((event, threading.current_thread()))  # noqa: E731 - two words say it
    done = engine.stylize(request(previews=1e-9), hear, hear)
    assert done.pixels == PICTURE
    steps = [e.step for e, _ in heard if isinstance(e, Progress)]
    assert steps == sorted({*steps, 3})
    assert any(isinstance(e, Preview) for e, _ in heard)
    assert {thread for _, thread in heard} == {threading.current_thread()}
    assert engine.ready.protocol == PROTOCOL


def test_an_engine_does_one_request_after_another(engine: Engine) -> None:
    """Job numbers rise by themselves."""
    assert [engine.stylize(request()).job for _ in range(3)] == [1, 2, 3]


def test_a_large_picture_travels_whole(engine: Engine) -> None:
    """More than a pipe holds goes out and comes back unchanged."""
    picture = Pixels(1024, 768, os.urandom(1024 * 768 * 16))
    assert engine.stylize(Stylize(picture, (StylePixels(PICTURE),))).pixels == picture


def test_stop_from_a_callback_keeps_the_picture(engine: Engine) -> None:
    """The artist has seen enough: Done comes at once."""
    assert isinstance(engine.stylize(request(long=LONG), lambda p: engine.stop() if p.step == 3 else None), Done)


def test_cancel_from_a_callback_raises_cancelled(engine: Engine) -> None:
    """The artist has changed her mind; the engine stays usable."""
    with pytest.raises(CancelledError):
        engine.stylize(request(long=LONG), lambda p: engine.cancel() if p.step == 3 else None)
    assert isinstance(engine.stylize(request()), Done)


def test_an_exception_in_a_callback_cancels_the_job(engine: Engine) -> None:
    """It reaches the caller, and the next job need not wait for the one left behind."""
    with pytest.raises(ZeroDivisionError):
        engine.stylize(request(long=LONG), lambda _: 1 // 0)  # type: ignore[arg-type]
    assert isinstance(engine.stylize(request()), Done)


def test_begin_does_not_wait(engine: Engine) -> None:
    """A graphical host hands in a listener, goes on, and hears of exactly one ending for each job."""
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    older = engine.begin(request(long=LONG), heard.put)
    newer = engine.begin(request(), heard.put)
    events: list[Any] = []
    while not isinstance(events[-1:] and events[-1], Done):
        events.append(heard.get(timeout=WAIT_SECONDS))
    endings = [e for e in events if isinstance(e, (Done, Cancelled, Failed))]
    assert endings == [Cancelled(older), Done(newer, PICTURE, {}, {"steps": 3})]


def test_errors_of_the_engine_are_raised_as_themselves(engine: Engine) -> None:
    """The class, the sentence and the remedy come back; the engine stays usable."""
    with pytest.raises(OutOfMemoryError, match="does not fit") as caught:
        engine.stylize(request(then="raise MemoryError"))
    assert caught.value.remedy
    assert isinstance(engine.stylize(request()), Done)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("os.write(2, b'CUDA is upset'); os._exit(3)", "ended with code 3 and said last: CUDA is upset"),
        ("os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
    ],
)
def test_an_engine_that_dies_in_a_job_is_told(engine: Engine, then: str, words: str) -> None:
    """EngineCrashedError with its last words, for the job and for every later one."""
    for _ in range(2):
        with pytest.raises(EngineCrashedError, match=words):
            engine.stylize(request(then=then))


def test_the_listener_of_a_dead_engine_hears_failed(engine: Engine) -> None:
    """A graphical host learns of the death as of any other ending."""
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    job = engine.begin(request(long=LONG), heard.put)
    os.kill(engine.pid or 0, signal.SIGKILL)
    while not isinstance(event := heard.get(timeout=WAIT_SECONDS), Failed):
        pass
    assert (event.job, event.code) == (job, "engine-crashed")


@pytest.mark.parametrize(
    ("command", "error", "words"),
    [
        (["/no/such/python"], EngineMissingError, "cannot be started"),
        ([str(Path(__file__).parent)], EngineMissingError, "cannot be started"),
        ([], EngineMissingError, "cannot be started"),
        (child("import nst_nothing"), EngineCrashedError, "No module named 'nst_nothing'"),
        (child("print('Last login: today')"), ProtocolError, "begins with"),
        (child("print('Last login: today', flush=True); input(); input()"), ProtocolError, "begins with"),
        (
            child(
                "from nst_core.shared.wire import frames;"
                "frames.write_frame(sys.stdout.buffer, frames.Frame({'type': 'pong'}))"
            ),
            ProtocolError,
            "it did not begin with Ready",
        ),
        (
            child(
                "from nst_core.shared.wire import protocol; protocol.PROTOCOL = 99;"
                "from nst_core.worker.server import main; main()"
            ),
            EngineMismatchError,
            "speaks protocol 99",
        ),
    ],
)
def test_what_is_no_engine_is_told_at_the_start(command: list[str], error: type[NeuralStyleError], words: str) -> None:
    """A missing, broken, alien or other-versioned command raises its own error, with a remedy."""
    with pytest.raises(error, match=words) as caught:
        Engine.start(command, os.environ)
    assert caught.value.remedy


def test_an_engine_that_stays_silent_is_ended() -> None:
    """After the time allowed EngineCrashedError, and no process is left behind, not even one that ignores TERM."""
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, file=sys.stderr); time.sleep(60)"
    started: list[subprocess.Popen[bytes]] = []

    class Watched(Engine):
        def _launch(self) -> subprocess.Popen[bytes] | None:
            started.extend(filter(None, [super()._launch()]))
            return started[0]

    with pytest.raises(EngineCrashedError, match="was not ready within"):
        Watched.start(child(code), os.environ, seconds=0.5)
    assert not is_alive(started[0].pid)


def test_close_ends_the_engine_inside_a_long_step(engine: Engine) -> None:
    """The process is gone, the job has ended, and closing again does no harm."""
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    engine.begin(request(long=LONG), heard.put)
    engine.close()
    assert not is_alive(engine.pid)
    while not isinstance(heard.get(timeout=WAIT_SECONDS), Failed):
        pass
    engine.close()
    with pytest.raises(EngineCrashedError, match="was closed"):
        engine.stylize(request())


def test_the_engine_outlives_the_thread_that_started_it() -> None:
    """The kernel ties a worker to a thread; it must not be one that a host uses and drops."""
    engines: list[Engine] = []
    thread = threading.Thread(target=lambda: engines.append(Engine.start(FAKE_ENGINE, os.environ)))
    thread.start()
    thread.join()
    assert comes_true(lambda: not Path(f"/proc/self/task/{thread.native_id}").exists())
    with engines[0] as engine:
        assert isinstance(engine.stylize(request()), Done)


def test_only_the_end_of_what_was_printed_is_kept(engine: Engine) -> None:
    """A library that prints without end neither blocks the engine nor fills the host."""
    engine.stylize(request(then="os.write(2, b'x' * 300_000); os.write(2, b'the end')"))
    assert comes_true(lambda: engine.stderr_tail.endswith("the end"))
    assert len(engine.stderr_tail) == MAX_STDERR


def test_the_environment_is_a_whitelist() -> None:
    """What GIMP's packages export does not reach the engine, what it needs does."""
    bad = "LD_LIBRARY_PATH LD_PRELOAD LD_AUDIT DYLD_LIBRARY_PATH PYTHONPATH PYTHONHOME PYTHONSTARTUP GI_TYPELIB_PATH "
    bad += "GTK_PATH VIRTUAL_ENV SSL_CERT_FILE RAY_ADDRESS BASH_ENV MALLOC_CHECK_ OPENBLAS TORCHINDUCTOR_CACHE_DIR"
    good = {"HOME": "/h", "LANG": "C.UTF-8", "XDG_DATA_HOME": "/x", "TMPDIR": "/t", "GLIBC_TUNABLES": "glibc.malloc=1"}
    surroundings = {**dict.fromkeys(bad.split(), "/bad"), **good, "PATH": "/bad"}
    assert clean_environment(surroundings) == {**good, "PATH": PLAIN_PATH}
    windows = clean_environment({"SystemRoot": "C:\\Windows", "Path": "D:\\bad", "Omp_Num_Threads": "2"})
    assert windows["PATH"] == "C:\\Windows\\System32;C:\\Windows"
    assert set(windows) == {"SystemRoot", "PATH", "Omp_Num_Threads"}


COMPUTING = (
    "OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS GOTO_NUM_THREADS BLIS_ARCH_TYPE MKL_CBWR MKL_ENABLE_INSTRUCTIONS "
    "DNNL_MAX_CPU_ISA ONEDNN_MAX_CPU_ISA ATEN_CPU_CAPABILITY NPY_DISABLE_CPU_FEATURES VIPS_CONCURRENCY OMP_NUM_THREADS "
    "OMP_PROC_BIND GOMP_CPU_AFFINITY KMP_AFFINITY CUDA_VISIBLE_DEVICES CUDA_MODULE_LOADING CUBLAS_WORKSPACE_CONFIG "
    "NVIDIA_TF32_OVERRIDE HIP_VISIBLE_DEVICES HSA_OVERRIDE_GFX_VERSION ROCR_VISIBLE_DEVICES PYTORCH_CUDA_ALLOC_CONF "
    "TORCH_HOME TORCH_EXTENSIONS_DIR ORT_DISABLE_TELEMETRY"
)


@pytest.mark.parametrize("name", COMPUTING.split())
def test_an_engine_computes_with_the_settings_of_its_host(name: str) -> None:
    """Kernels, threads and cards that a person chose are chosen in the engine as well, in a packed GIMP too."""
    for host in ({}, {"APPDIR": "/app", "LD_LIBRARY_PATH": "/app/lib"}):
        assert clean_environment({name: "chosen", **host}) == {name: "chosen", "PATH": PLAIN_PATH}


@pytest.mark.parametrize("sign", ["", *BUNDLE_SIGNS.split()])
def test_libraries_of_a_person_reach_the_engine_and_those_of_a_packed_gimp_do_not(sign: str) -> None:
    """LD_LIBRARY_PATH passes only where nothing says that GIMP brought it."""
    seen = clean_environment({"LD_LIBRARY_PATH": "/opt/cuda/lib64", **({sign: "/app"} if sign else {})})
    assert seen.get("LD_LIBRARY_PATH") == (None if sign else "/opt/cuda/lib64")


def test_the_command_is_read_from_the_engine_file(tmp_path: Path) -> None:
    """engine.json names the command of an engine of the same protocol, whatever else the file says."""
    command = ["/opt/python", "-I", "-u", "-m", "nst_core.worker"]
    entry = {"protocol": PROTOCOL, "version": "99.0", "command": command, "brand": {"new": True}}
    (tmp_path / "engine.json").write_text(json.dumps(entry))
    assert engine_command(tmp_path) == command


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, EngineMissingError),
        ("", EngineMissingError),
        ("[1]", EngineMissingError),
        ('{"protocol": 1}', EngineMissingError),
        ('{"protocol": 1, "command": []}', EngineMissingError),
        ('{"protocol": 1, "command": "python"}', EngineMissingError),
        ('{"protocol": 1, "command": ["python", 3]}', EngineMissingError),
        ('{"python": "/usr/bin/python3"}', EngineMissingError),
        ('{"command": ["python"]}', EngineMismatchError),
        *(
            (json.dumps({"protocol": protocol, "command": ["python"]}), EngineMismatchError)
            for protocol in (PROTOCOL + 1, PROTOCOL - 1, 99, None, str(PROTOCOL), 10**400)
        ),
    ],
)
def test_a_broken_engine_file_is_told(tmp_path: Path, text: str | None, error: type[NeuralStyleError]) -> None:
    """Absent, unreadable or of another protocol: the remedy is to install again."""
    if text is not None:
        (tmp_path / "engine.json").write_text(text)
    with pytest.raises(error) as caught:
        engine_command(tmp_path)
    assert caught.value.remedy == "run `neural-style install` again"
    assert len(str(caught.value)) < 200 + len(str(tmp_path))
