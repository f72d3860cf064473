"""A Ray cluster: workers, each a process that holds one object and calls its methods.

Also decides how many workers fit, and what resources each takes. No other module imports Ray.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nst_core import __version__
from nst_core.painting import job_plan
from nst_core.shared.errors import (
    BackendUnavailableError,
    CancelledError,
    EngineCrashedError,
    EngineMismatchError,
    EngineMissingError,
    EngineUnreachableError,
    NeuralStyleError,
    from_code,
)
from nst_core.shared.sentences import DOCTOR, Values
from nst_core.system import threads
from nst_core.system.out_of_memory import as_out_of_memory
from nst_core.system.process_defaults import set_process_defaults

ray: Any = None

Notify = Callable[[str], None]

LOCAL = "local"

POLL_SECONDS = 0.1
"""Seconds between checks whether the call was cancelled."""

ANSWER_SECONDS = 10.0
"""Seconds for a machine to answer."""

MAX_PATH = 24
"""Longest path of the system's folder for temporary files, in characters: Ray makes sockets in it, whose paths are
limited."""
SHORT_FOLDER = "/tmp"  # noqa: S108 - a folder of our own is made in it
"""Replaces a folder with a longer path."""

_TOKEN = secrets.token_hex(32)  # one for the process, because Ray keeps the first that it gets

LATE_SECONDS = 30.0
"""Seconds after which a message says that a worker has not started."""

WAITING = "a worker of the cluster has not begun yet: other work has its place, or its machine is slow; still waiting"

TRY_AGAIN = "try again"

START_UP_FAILED = "error raised in its creation task"
"""Part of Ray's message for a worker that died while it was created."""


@dataclass(frozen=True)
class RemoteError:
    """The fields of a NeuralStyleError in a worker, which can be pickled."""

    code: str
    message: str
    remedy: str
    sentence: str = ""
    values: Values = field(default_factory=dict)

    @property
    def error(self) -> NeuralStyleError:
        """The NeuralStyleError."""
        return from_code(self.code, self.message, self.remedy, self.sentence, self.values)


@contextlib.contextmanager
def cluster(address: str, notify: Notify = lambda _: None) -> Iterator[Cluster]:
    """Join the cluster at an address (`auto`: the one of this machine), or start and end one of our own (LOCAL).

    notify: called with messages for the user, from any thread. Raises BackendUnavailableError without Ray,
    EngineUnreachableError if there is no cluster.
    """
    with _init_options(address) as options:
        _import_ray()
        try:
            _require_reachable(address)
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
            remedy = "check the address, or start a cluster with `ray start --head`"
            raise EngineUnreachableError(f"no Ray cluster at {address} can be joined: {reason}", remedy) from error
        try:
            yield Cluster(notify)
        finally:
            ray.shutdown()


class Cluster:
    """The machines of a cluster."""

    def __init__(self, notify: Notify) -> None:
        self._machines, self._notify = machines_of(ray.nodes()), notify
        if not self._machines:
            raise BackendUnavailableError("the cluster has no processor to spare", "add a machine to it")

    def worker_count(self, asked: int | None, *, graphics: bool) -> int:
        """The number of workers: `asked`, or by default `default_workers`; not more than `max_workers`."""
        limit = max_workers(self._machines, graphics=graphics)
        if asked and asked > limit:
            self._notify(f"the cluster has processors for {limit} workers, not for {asked}")
        return min(asked or default_workers(self._machines, graphics=graphics), limit)

    def worker(self, make: Callable[[], Any], workers: int, *, graphics: bool) -> Worker:
        """A process that holds the object that `make` returns. Returns at once; a busy cluster delays the start.

        workers: number of equal workers that share the cluster. graphics: use graphics cards, if there are any.
        """
        resources = worker_resources(self._machines, workers, graphics=graphics)
        cards = 1 / resources.sharers if resources.sharers else 0
        # Ray must not restart a worker that died, since its state is lost: the caller replaces it.
        options = {"num_cpus": resources.cpus, "num_gpus": cards, "max_restarts": 0, "max_concurrency": 1}
        return Worker(ray.remote(_Actor).options(**options).remote(make, resources, __version__), self._notify)

    def share(self, value: Any) -> Any:
        """A reference to the value, to be passed as an argument of any number of calls. Workers only read it."""
        return ray.put(value)


class Worker:
    """A process somewhere in the cluster."""

    def __init__(self, actor: Any, notify: Notify) -> None:
        self._actor, self._start_up = actor, _StartUp(actor.call.remote("pid"), notify)

    def call(self, method: str, *arguments: Any) -> PendingResult:
        """Start a call of a method of the worker's object. Calls are done one after another."""
        return PendingResult(self._actor.call.remote(method, *arguments), self._start_up)

    def stream(self, method: str, *arguments: Any, cancelled: Callable[[], bool]) -> Iterator[Any]:
        """The values that a method yields, as they come. Raises as PendingResult.get."""
        items = self._actor.stream.options(num_returns="streaming").remote(method, *arguments)
        while True:
            _wait(items, self._start_up, cancelled)
            reference = next(items, None)
            if reference is None:
                return
            yield PendingResult(reference, self._start_up).get(cancelled)

    def pid(self) -> int:
        """The number of the process, on its machine."""
        return int(self.call("pid").get())

    def close(self) -> None:
        """End the process, whatever it is doing."""
        ray.kill(self._actor)


class _StartUp:
    """The start of a worker. reference: the pending result of its first call."""

    def __init__(self, reference: Any, notify: Notify) -> None:
        self._reference, self._notify = reference, notify
        self._deadline = time.monotonic() + LATE_SECONDS
        self._checked = False

    def check(self) -> None:
        """Print a message, once, if the worker has not started after LATE_SECONDS."""
        if not self._checked and time.monotonic() > self._deadline:
            self._checked = True
            if not ray.wait([self._reference], timeout=0)[0]:
                self._notify(WAITING)


class PendingResult:
    """The pending result of a call."""

    def __init__(self, reference: Any, start_up: _StartUp) -> None:
        self._reference, self._start_up = reference, start_up

    def get(self, cancelled: Callable[[], bool] = lambda: False) -> Any:
        """Wait for the result. Raises the call's error, EngineCrashedError (lost worker), or CancelledError."""
        _wait(self._reference, self._start_up, cancelled)
        try:
            found = ray.get(self._reference)
        except ray.exceptions.RayTaskError as error:
            raise NeuralStyleError(_first_line(error.cause), DOCTOR) from error
        except ray.exceptions.RayError as error:
            if START_UP_FAILED in str(error):
                reason = str(error).strip().splitlines()[-1].strip()[:200].rstrip(".")
                remedy = "install the engine, this version of it, on every machine of the cluster"
                raise EngineMissingError(f"a machine of the cluster cannot run it: {reason}", remedy) from error
            raise EngineCrashedError(f"a worker of the cluster was lost: {_first_line(error)}", TRY_AGAIN) from error
        if isinstance(found, RemoteError):
            raise found.error
        return found


class _Actor:
    """The Ray actor: holds the object, and converts its errors to RemoteError."""

    def __init__(self, make: Callable[[], Any], resources: WorkerResources, version: str) -> None:
        set_process_defaults()
        threads.limit(resources.threads)
        job_plan.set_sharers(resources.per_machine[_machine()], resources.sharers)
        self._object = _result_or_error(make) if version == __version__ else None

    def call(self, method: str, *arguments: Any) -> Any:
        """See Worker.call."""
        return _result_or_error(lambda: self._method(method)(*arguments))

    def stream(self, method: str, *arguments: Any) -> Iterator[Any]:
        """See Worker.stream."""
        items = _result_or_error(lambda: iter(self._method(method)(*arguments)))
        while not isinstance(items, RemoteError):
            item = _result_or_error(lambda: next(items, _END))
            if item is _END:
                return
            yield item
            if isinstance(item, RemoteError):
                return
        yield items

    def _method(self, name: str) -> Callable[..., Any]:
        if name == "pid":
            return os.getpid
        if self._object is None:
            remedy = "install the same version on every machine of the cluster"
            raise EngineMismatchError(f"a worker of the cluster has version {__version__} of the engine", remedy)
        if isinstance(self._object, RemoteError):
            raise self._object.error
        method: Callable[..., Any] = getattr(self._object, name)
        return method


_END = object()


def _result_or_error(work: Callable[[], Any]) -> Any:
    try:
        with as_out_of_memory():
            return work()
    except NeuralStyleError as error:
        return RemoteError(error.code, error.message, error.remedy, error.sentence, dict(error.values))
    except Exception as error:  # noqa: BLE001 - every error must reach the caller
        return RemoteError(NeuralStyleError.code, f"a worker of the cluster failed with {_first_line(error)}", DOCTOR)


def _first_line(error: BaseException) -> str:
    """The first line of an error, at most 200 characters."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


def _machine() -> str:
    """The name of this machine in the cluster that this process belongs to."""
    _import_ray()
    return str(ray.get_runtime_context().get_node_id())


def _wait(reference: Any, start_up: _StartUp, cancelled: Callable[[], bool]) -> None:
    while not cancelled():
        if ray.wait([reference], timeout=POLL_SECONDS)[0]:
            return
        start_up.check()
    raise CancelledError("the work was cancelled")


def _require_reachable(address: str) -> None:
    """Raise OSError if nothing listens at HOST:PORT; Ray itself would retry for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()


def _import_ray() -> None:
    global ray  # noqa: PLW0603 - it is optional, and reads the environment when it is imported
    try:
        import ray  # noqa: PLC0415 - as above
    except ImportError as error:
        raise BackendUnavailableError("Ray is not installed", "`pip install 'gimp-neural-style[ray]'`") from error


@contextlib.contextmanager
def _init_options(address: str) -> Iterator[dict[str, Any]]:
    """Options for ray.init. For a cluster of our own, environment variables are set until it has ended."""
    if address != LOCAL:
        yield {"address": address}
        return
    variables = {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on any system: every server listens to this machine only
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": _TOKEN,
        "RAY_USAGE_STATS_ENABLED": "0",
        # Ray sets 1 for its workers, and with another number of threads sums are rounded differently.
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or str(threads.count()),
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    parent = SHORT_FOLDER if len(tempfile.gettempdir()) > MAX_PATH and Path(SHORT_FOLDER).is_dir() else None
    with tempfile.TemporaryDirectory(prefix="nst-", dir=parent, ignore_cleanup_errors=True) as folder:
        try:
            yield {"address": LOCAL, "include_dashboard": False, "_temp_dir": folder}
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@dataclass(frozen=True)
class Machine:
    """A machine of the cluster. name: its id in the cluster; cpus: at least 1; cards: number of graphics cards."""

    name: str
    cpus: int
    cards: int


@dataclass(frozen=True)
class WorkerResources:
    """The resources of one of several equal workers.

    cpus: number; threads: of its networks, 0 for all cores. sharers: number of workers that share a card, 0 without
    cards. per_machine: by the machines' names, the largest number of workers on each.
    """

    cpus: int
    threads: int
    sharers: int
    per_machine: Mapping[str, int]


def machines_of(nodes: Sequence[Mapping[str, Any]]) -> list[Machine]:
    """The machines that can work. nodes: as `ray.nodes()` gives them."""
    found = [
        Machine(node["NodeID"], int(node["Resources"].get("CPU", 0)), int(node["Resources"].get("GPU", 0)))
        for node in nodes
        if node["Alive"]
    ]
    return [machine for machine in found if machine.cpus]


def usable(machines: Sequence[Machine], *, graphics: bool) -> list[Machine]:
    """The machines with cards if `graphics` and there are any; otherwise all of them."""
    return [machine for machine in machines if graphics and machine.cards] or list(machines)


def default_workers(machines: Sequence[Machine], *, graphics: bool) -> int:
    """The default number of workers: one for each card, otherwise one for each machine."""
    return sum(max(1, min(one.cpus, one.cards if graphics else 0)) for one in usable(machines, graphics=graphics))


def max_workers(machines: Sequence[Machine], *, graphics: bool) -> int:
    """The largest number of workers: each needs a processor."""
    return sum(machine.cpus for machine in usable(machines, graphics=graphics))


def worker_resources(machines: Sequence[Machine], workers: int, *, graphics: bool) -> WorkerResources:
    """The largest resources with which so many workers (at most `max_workers`) can work at the same time."""
    chosen = usable(machines, graphics=graphics)
    cards = graphics and any(machine.cards for machine in chosen)
    sharers = next(n for n in range(1, workers + 1) if sum(_worker_counts(chosen, 1, n)) >= workers) if cards else 0
    largest = max(machine.cpus for machine in chosen)
    cpus = next(c for c in range(largest, 0, -1) if sum(_worker_counts(chosen, c, sharers)) >= workers)
    counts = _worker_counts(chosen, cpus, sharers)
    per_machine = {one.name: min(count, workers) for one, count in zip(chosen, counts, strict=True)}
    return WorkerResources(cpus, 0 if cpus == largest else cpus, sharers, per_machine)


def _worker_counts(machines: Sequence[Machine], cpus: int, sharers: int) -> list[int]:
    """The number of such workers that each machine has room for."""
    return [min(one.cpus // cpus, one.cards * sharers if sharers else one.cpus) for one in machines]
