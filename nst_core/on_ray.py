"""A Ray cluster as this project uses it: workers, each a process that holds one object and does what it is asked.

    with cluster("local") as machines:
        worker = machines.worker(Easel)
        answer = worker.call("method", array)

Nothing else here knows Ray. Every machine of the cluster needs this very version of the engine. A cluster of our own
(LOCAL) can be reached from this machine alone, and ends with the block.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_core import __version__, threads
from nst_core.errors import (
    DOCTOR,
    BackendUnavailableError,
    CancelledError,
    EngineCrashedError,
    EngineMismatchError,
    EngineMissingError,
    EngineUnreachableError,
    NeuralStyleError,
    from_code,
)
from nst_core.shortage import fitting

ray: Any = None

LOCAL = "local"
GLANCE = 0.1
"""Seconds between looks at whether somebody has lost interest."""
PATIENCE = 10.0
"""Seconds for a machine to answer."""
SHORT, LONGEST = "/tmp", 24  # noqa: S108 - a folder of our own is made in it
"""Where a cluster of our own keeps its files if the usual place has a name of more letters than this."""
_TOKEN = secrets.token_hex(32)  # Ray keeps the first one that a process has shown it
AGAIN = "try again"
UNBORN = "error raised in its creation task"
"""What Ray says of a worker that died before it could do anything."""


@dataclass(frozen=True)
class Trouble:
    """What went wrong in a worker: the parts of a NeuralStyleError, which cross as they are."""

    code: str
    message: str
    remedy: str


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """Join the cluster at an address (`auto`: the one of this machine), or start and end one of our own for LOCAL.

    Raises BackendUnavailableError without Ray, EngineUnreachableError where there is no cluster.
    """
    with _surroundings(address) as options:
        _load()
        try:
            _knock(address)
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
            remedy = "check the address, or start a cluster with `ray start --head`"
            raise EngineUnreachableError(f"no Ray cluster at {address} can be joined: {reason}", remedy) from error
        try:
            yield Cluster()
        finally:
            ray.shutdown()


class Cluster:
    """Machines that work for us."""

    def __init__(self) -> None:
        machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        self._cpus = [int(machine["CPU"]) for machine in machines if machine.get("CPU", 0) >= 1]
        self._gpus = sum(int(machine.get("GPU", 0)) for machine in machines)
        if not self._cpus:
            raise BackendUnavailableError("the cluster has no processor to spare", "add a machine to it")

    def hands(self, asked: int | None, *, graphics: bool) -> int:
        """How many workers to have where nobody says: one for each graphics card, else one for each machine."""
        return asked or (self._gpus if graphics and self._gpus else len(self._cpus))

    def worker(self, make: Callable[[], Any], hands: int, *, graphics: bool) -> Worker:
        """A process that holds what `make` makes: one of so many that share the cluster evenly. Returns at once.

        It waits for its place where the cluster is full. graphics: use the cards, where there are any.
        """
        each = next((c for c in range(max(self._cpus), 1, -1) if sum(cpus // c for cpus in self._cpus) >= hands), 1)
        alone = each == max(self._cpus)
        cards = 1 / math.ceil(hands / self._gpus) if graphics and self._gpus else 0
        # A worker that dies is replaced by who asked for it: with it died what it had learnt.
        options = {"num_cpus": each, "num_gpus": cards, "max_restarts": 0, "max_concurrency": 1}
        return Worker(ray.remote(_Actor).options(**options).remote(make, 0 if alone else each, __version__))

    def share(self, value: Any) -> Any:
        """The value, once for all calls that get it as an argument; workers see it as it is, to be read only."""
        return ray.put(value)


class Worker:
    """A process somewhere in the cluster."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def call(self, method: str, *arguments: Any) -> Answer:
        """Ask for a method of what the worker holds; calls are done one after another."""
        return Answer(self._actor.call.remote(method, *arguments))

    def stream(self, method: str, *arguments: Any, cancelled: Callable[[], bool]) -> Iterator[Any]:
        """What a method yields, as it comes. Raises as Answer.get."""
        items = self._actor.stream.options(num_returns="streaming").remote(method, *arguments)
        while True:
            _wait(items, cancelled)
            answer = next(items, None)
            if answer is None:
                return
            yield Answer(answer).get(cancelled)

    def pid(self) -> int:
        """The number of the process, on its machine."""
        return int(self.call("pid").get())

    def close(self) -> None:
        """End the process, whatever it is doing."""
        ray.kill(self._actor)


class Answer:
    """What a worker will have answered."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference

    def get(self, cancelled: Callable[[], bool] = lambda: False) -> Any:
        """Wait for it. Raises what went wrong, EngineCrashedError for a lost worker, CancelledError if `cancelled`."""
        _wait(self._reference, cancelled)
        try:
            found = ray.get(self._reference)
        except ray.exceptions.RayTaskError as error:
            raise NeuralStyleError(_line(error.cause), DOCTOR) from error
        except ray.exceptions.RayError as error:
            if UNBORN in str(error):
                reason = str(error).strip().splitlines()[-1].strip()[:200].rstrip(".")
                remedy = "install the engine, this version of it, on every machine of the cluster"
                raise EngineMissingError(f"a machine of the cluster cannot run it: {reason}", remedy) from error
            raise EngineCrashedError(f"a worker of the cluster was lost: {_line(error)}", AGAIN) from error
        if isinstance(found, Trouble):
            raise from_code(found.code, found.message, found.remedy)
        return found


class _Actor:
    """The far side: holds the object, and turns what goes wrong into words that cross."""

    def __init__(self, make: Callable[[], Any], most: int, version: str) -> None:
        threads.limit(most)
        self._made = _attempted(make) if version == __version__ else None

    def call(self, method: str, *arguments: Any) -> Any:
        """See Worker.call."""
        return _attempted(lambda: self._method(method)(*arguments))

    def stream(self, method: str, *arguments: Any) -> Iterator[Any]:
        """See Worker.stream."""
        items = _attempted(lambda: iter(self._method(method)(*arguments)))
        while not isinstance(items, Trouble):
            item = _attempted(lambda: next(items, _END))
            if item is _END:
                return
            yield item
            if isinstance(item, Trouble):
                return
        yield items

    def _method(self, name: str) -> Callable[..., Any]:
        if name == "pid":
            return os.getpid
        if self._made is None:
            remedy = "install the same version on every machine of the cluster"
            raise EngineMismatchError(f"a worker of the cluster has version {__version__} of the engine", remedy)
        if isinstance(self._made, Trouble):
            raise from_code(self._made.code, self._made.message, self._made.remedy)
        method: Callable[..., Any] = getattr(self._made, name)
        return method


_END = object()


def _attempted(work: Callable[[], Any]) -> Any:
    try:
        with fitting():
            return work()
    except NeuralStyleError as error:
        return Trouble(error.code, error.message, error.remedy)
    except Exception as error:  # noqa: BLE001 - the other side has to hear of it, whatever it is
        return Trouble(NeuralStyleError.code, f"a worker of the cluster failed with {_line(error)}", DOCTOR)


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


def _wait(what: Any, cancelled: Callable[[], bool]) -> None:
    while not cancelled():
        if ray.wait([what], timeout=GLANCE)[0]:
            return
    raise CancelledError("the work was cancelled")


def _knock(address: str) -> None:
    """Ray itself knocks for minutes. Raises OSError where nobody answers at HOST:PORT."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()


def _load() -> None:
    global ray  # noqa: PLW0603 - it is optional, and reads its surroundings when it is loaded
    try:
        import ray  # noqa: PLC0415 - as above
    except ImportError as error:
        raise BackendUnavailableError("Ray is not installed", "`pip install 'gimp-neural-style[ray]'`") from error


@contextlib.contextmanager
def _surroundings(address: str) -> Iterator[dict[str, Any]]:
    """Options for ray.init. For a cluster of our own also what only environment variables say, until it has ended."""
    if address != LOCAL:
        yield {"address": address}
        return
    ours = {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on any system: every server listens to this machine only
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": _TOKEN,
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    # It holds sockets, whose names may not be long.
    place = SHORT if len(tempfile.gettempdir()) > LONGEST and Path(SHORT).is_dir() else None
    with tempfile.TemporaryDirectory(prefix="nst-", dir=place, ignore_cleanup_errors=True) as folder:
        try:
            yield {"address": LOCAL, "include_dashboard": False, "_temp_dir": folder}
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
