"""ONNX Runtime as it shall be here, for everything that uses it: silent, and with CUDA's libraries where it has them.

Its released builds report to their makers unless told otherwise, and what is painted here is nobody's business.

On a processor all sessions take their memory from one pool. Fresh pages for feature maps cost up to a quarter of an
evaluation, and once more as much as it in a graph's first run at a size, which asks for each map by itself: from the
pool it gets again what an earlier map left. Later runs ask for all maps in one piece. A run gives the pool back to the
system when it ends, or keeps it for the next one of its kind; a first run that kept it would leave its many pieces
beside the one.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from functools import cache
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = (
    "1"  # the one switch that is whole, and it counts only before the library is loaded
)

import onnxruntime as ort

from nst_core.shared.errors import BackendUnavailableError
from nst_core.system.optional_packages import remedy_for

ort.disable_telemetry_events()  # for whoever had loaded it before
if "CUDAExecutionProvider" in ort.get_available_providers() and hasattr(ort, "preload_dlls"):
    with contextlib.redirect_stdout(sys.stderr):  # which it prints its complaints to; what works shows in a session
        ort.preload_dlls()

__all__ = ["PROVIDERS", "WEBGPU", "graphics_card", "load_graph", "ort", "run_options"]

PROVIDERS = {"cpu": "CPUExecutionProvider", "gpu": "WebGpuExecutionProvider", "cuda": "CUDAExecutionProvider"}
WEBGPU = "onnxruntime_ep_webgpu"
"""The module that computes on any maker's graphics card, through Direct3D, Vulkan or Metal."""
_FATAL = 4
"""The log level that leaves only what ends the program: what matters is reported otherwise."""
_POOL = {
    "max_mem": 0,
    "arena_extend_strategy": 0,
    "initial_chunk_size_bytes": 1 << 20,
    "max_dead_bytes_per_chunk": 1 << 20,
}
"""No limit; it grows to the next power of two, of which only what is used takes memory; pieces are cut to size."""


def load_graph(file: Path, threads: int, device: str = "cpu") -> ort.InferenceSession:
    """A graph, ready to run. device: a key of PROVIDERS.

    threads: 0 for as many as OMP_NUM_THREADS says, or else as there are cores.
    """
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = threads or _asked()
    if device == "cpu":
        _make_pool()
        options.add_session_config_entry("session.use_env_allocators", "1")
        # What lives as long as the session would keep the pool from being given back.
        options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    else:
        options.enable_cpu_mem_arena = False
    if device == "gpu":
        options.add_provider_for_devices([graphics_card()], {})
        return ort.InferenceSession(file, options)
    with contextlib.redirect_stdout(sys.stderr):  # which its wrapper prints to where a card cannot be used
        return ort.InferenceSession(file, options, providers=list(dict.fromkeys((PROVIDERS[device], PROVIDERS["cpu"]))))


@cache
def graphics_card() -> ort.OrtEpDevice:
    """The device of WEBGPU. Raises BackendUnavailableError where there is none, or its package does not fit."""
    try:
        package = importlib.import_module(WEBGPU)
        ort.register_execution_provider_library(WEBGPU, package.get_library_path())
    except ImportError as error:
        if error.name != WEBGPU:
            raise
        raise BackendUnavailableError("what computes on graphics cards is not installed", remedy_for(WEBGPU)) from None
    except Exception as error:
        raise BackendUnavailableError(
            f"what computes on graphics cards does not fit this ONNX Runtime ({str(error)[:100]})",
            "run `pip install --upgrade onnxruntime onnxruntime-ep-webgpu`",
        ) from error
    for device in ort.get_ep_devices():
        if device.ep_name == PROVIDERS["gpu"]:
            return device
    raise BackendUnavailableError(
        "the system shows no graphics card", "see whether its driver is installed, and whether it is switched on"
    )


def _asked() -> int:
    """As many threads as a person wants of each library; ONNX Runtime alone does not look there. 0: nothing is said."""
    said = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(said) if said.isdecimal() else 0


def run_options(device: str = "cpu", *, keep: bool = False) -> ort.RunOptions:
    """For runs of a session that was made for this device. keep: the pool's memory, until a run that does not."""
    options = ort.RunOptions()
    if device == "cpu" and not keep:
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


@cache
def _make_pool() -> None:
    where = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(where, ort.OrtArenaCfg(_POOL))
