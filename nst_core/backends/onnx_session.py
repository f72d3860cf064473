"""The settings of ONNX Runtime for everything that uses it: no telemetry, no output, CUDA's libraries preloaded.

On a processor all sessions share one memory arena. Page faults of fresh memory take up to a quarter of an evaluation.
The first run at a new size allocates every feature map separately and would take twice as long; the shared arena lets
it reuse freed blocks. Later runs allocate all maps in one block. At its end a run returns the arena to the system, or
keeps it for the next run of the same graph. A first run must not keep it: its many small blocks would stay beside the
large one.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from functools import cache
from pathlib import Path

from nst_core.shared.errors import BackendUnavailableError
from nst_core.system import threads as processors
from nst_core.system.optional_packages import remedy_for
from nst_core.vgg import weights

_SWITCH = "ORT_DISABLE_TELEMETRY"
_before = os.environ.get(_SWITCH)
os.environ[_SWITCH] = "1"  # the only switch that is complete; the library reads it once, when it is loaded
try:
    import onnxruntime as ort
finally:  # the program that uses this library may want another value
    if _before is None:
        del os.environ[_SWITCH]
    else:
        os.environ[_SWITCH] = _before

__all__ = ["PROVIDERS", "WEBGPU", "card_lock", "graph", "graphics_card", "load_graph", "ort", "run_options"]

_loading = threading.Lock()  # runs that begin at the same time load each graph once
card_lock = threading.RLock()
"""Held while something runs, is copied or is freed on a graphics card of any make: the provider is not thread-safe."""

PROVIDERS = {"cpu": "CPUExecutionProvider", "gpu": "WebGpuExecutionProvider", "cuda": "CUDAExecutionProvider"}
WEBGPU = "onnxruntime_ep_webgpu"
"""The module that computes on any maker's graphics card, through Direct3D, Vulkan or Metal."""
_FATAL = 4
"""The log level that shows only fatal errors; other failures arrive as exceptions."""
_ARENA = {
    "max_mem": 0,
    "arena_extend_strategy": 0,
    "initial_chunk_size_bytes": 1 << 20,
    "max_dead_bytes_per_chunk": 1 << 20,
}
"""The arena has no limit and grows by powers of two (only pages in use take memory); blocks are split to size."""


def load_graph(file: Path, threads: int, device: str = "cpu") -> ort.InferenceSession:
    """A graph, ready to run. device: a key of PROVIDERS.

    threads: 0 for OMP_NUM_THREADS, or, if that is not set, the number of cores.
    """
    _prepare()
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = threads or _omp_threads()
    if options.intra_op_num_threads > processors.count():  # a spinning thread would take a core from a working one
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if device == "cpu":
        _make_arena()
        options.add_session_config_entry("session.use_env_allocators", "1")
        # Initializers live as long as the session; in the arena they would keep it from being returned.
        options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    else:
        options.enable_cpu_mem_arena = False
    if device == "gpu":
        options.add_provider_for_devices([graphics_card()], {})
        return ort.InferenceSession(file, options)
    with contextlib.redirect_stdout(sys.stderr):  # its wrapper prints there if a card cannot be used
        return ort.InferenceSession(file, options, providers=list(dict.fromkeys((PROVIDERS[device], PROVIDERS["cpu"]))))


@cache
def graphics_card() -> ort.OrtEpDevice:
    """The device of WEBGPU. Raises BackendUnavailableError if there is none, or if its package does not fit."""
    try:
        package = importlib.import_module(WEBGPU)
        ort.register_execution_provider_library(WEBGPU, package.get_library_path())
    except ImportError as error:
        if error.name != WEBGPU:
            raise
        raise BackendUnavailableError.of("webgpu-missing", remedy=remedy_for(WEBGPU)) from None
    except Exception as error:
        raise BackendUnavailableError(
            f"what computes on graphics cards does not fit this ONNX Runtime ({str(error)[:100]})",
            "run `pip install --upgrade onnxruntime onnxruntime-ep-webgpu`",
        ) from error
    for device in ort.get_ep_devices():
        if device.ep_name == PROVIDERS["gpu"]:
            return device
    raise BackendUnavailableError.of("card-missing")


def graph(name: str, threads: int, device: str) -> ort.InferenceSession:
    """A model file by its name, loaded once for the process; see `load_graph`. Raises DamagedWeightsError."""
    with _loading:
        return _graph(name, threads, device)


@cache
def _graph(name: str, threads: int, device: str) -> ort.InferenceSession:
    weights.verified(weights.WEIGHTS_FILE)  # which most of them read
    return load_graph(weights.verified(name), threads, device)


@cache
def _prepare() -> None:
    ort.disable_telemetry_events()  # for a program that had loaded the library before
    if "CUDAExecutionProvider" in ort.get_available_providers() and hasattr(ort, "preload_dlls"):
        with contextlib.redirect_stdout(sys.stderr):  # it prints there; whether it works shows when a session is made
            ort.preload_dlls()


def _omp_threads() -> int:
    """OMP_NUM_THREADS, which ONNX Runtime does not read itself; 0 if it is not set."""
    text = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(text) if text.isdecimal() else 0


def run_options(device: str = "cpu", *, keep: bool = False) -> ort.RunOptions:
    """For runs of a session on this device. keep: do not return the arena's memory to the system after this run."""
    options = ort.RunOptions()
    if device == "cpu" and not keep:
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


@cache
def _make_arena() -> None:
    where = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(where, ort.OrtArenaCfg(_ARENA))
