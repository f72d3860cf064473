"""The workers of a cluster in this process: their answers and their errors."""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nst_core import __version__
from nst_core.cluster import ray_cluster
from nst_core.cluster.ray_cluster import RemoteError, WorkerResources, _Actor, _require_reachable
from nst_core.cluster.ray_painter import BLANK, JobWorker
from nst_core.painting.job import Job, Style
from nst_core.painting.recipe import recipe
from nst_core.shared.errors import EngineMismatchError, InvalidImageError
from nst_core.shared.settings import Settings
from nst_core.worker.convert import Painted

pytestmark = pytest.mark.slow

NOISE = np.random.default_rng(3).random((48, 40, 3), dtype=np.float32)


class Counter:
    """An object for a worker."""

    def double(self, number: int) -> int:
        return 2 * number

    def refuse(self) -> None:
        raise InvalidImageError("no picture", "choose one")

    def count(self, end: int) -> Iterator[int]:
        for number in range(end):
            if number == 2:
                raise ValueError("enough\nof it")
            yield number


@pytest.fixture(autouse=True)
def this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only one, without a cluster."""
    monkeypatch.setattr(ray_cluster, "_machine", lambda: "here")


def actor(make: Any = Counter, version: str = __version__) -> _Actor:
    return _Actor(make, WorkerResources(2, 0, 0, {"here": 1}), version)


def test_a_worker_answers_or_says_what_is_wrong() -> None:
    """An error meant for a person keeps its code; what nobody foresaw becomes one line."""
    worker = actor()
    assert worker.call("double", 4) == 8
    assert worker.call("pid") == os.getpid()
    assert worker.call("refuse") == RemoteError("invalid-image", "no picture", "choose one")
    unknown = worker.call("vanish")
    assert isinstance(unknown, RemoteError)
    assert "AttributeError" in unknown.message


def test_a_worker_yields_until_it_fails() -> None:
    """What came before the failure is there, and the failure is the last item."""
    worker = actor()
    assert list(worker.stream("count", 2)) == [0, 1]
    *before, last = worker.stream("count", 5)
    assert before == [0, 1]
    assert last.message == "a worker of the cluster failed with ValueError: enough"
    (trouble,) = worker.stream("vanish")
    assert "AttributeError" in trouble.message


def test_an_object_that_could_not_be_made_is_an_error_of_every_call() -> None:
    """And so is another version; the number of the process can always be asked for."""

    def broken() -> None:
        raise InvalidImageError("no style", "choose one")

    for worker, code in ((actor(broken), "invalid-image"), (actor(version="0.0.0"), EngineMismatchError.code)):
        assert worker.call("double", 4).code == code
        assert [trouble.code for trouble in worker.stream("count", 1)] == [code]
        assert worker.call("pid") == os.getpid()


def test_a_job_worker_yields_its_progress_and_then_the_picture() -> None:
    """A job as it was pickled, with its style pictures beside it: fractions, then picture, recipe and metrics."""
    settings = Settings(quality="draft", backend="onnx")
    job = Job(NOISE, (Style(BLANK),), settings, strength_map=np.eye(48, 40, dtype=np.float32))
    *fractions, painted = JobWorker().paint(pickle.loads(pickle.dumps(job)), NOISE)  # noqa: S301 - our own
    assert isinstance(painted, Painted)
    assert fractions
    assert all(isinstance(fraction, float) and 0 <= fraction <= 1 for fraction in fractions)
    assert painted.pixels.shape[:2] == (48, 40)
    assert painted.recipe["settings"]["quality"] == "draft"
    assert painted.recipe["styles"] == recipe(Job(NOISE, (Style(NOISE),)))["styles"]
    assert len(painted.recipe["strength_map"]) == 64
    assert painted.metrics["device"] == "cpu"


def test_only_an_address_with_a_port_is_tried() -> None:
    """Others are Ray's own business; where nobody listens that shows at once."""
    for address in ("auto", "ray://host:1/", "host:port"):
        _require_reachable(address)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        _require_reachable(address)
    with pytest.raises(OSError, match="refused"):
        _require_reachable(address)


def test_a_cluster_of_our_own_gives_its_surroundings_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set is set again, what was not is gone; a cluster elsewhere changes nothing."""
    monkeypatch.setenv("RAY_AUTH_MODE", "mine")
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    with ray_cluster._init_options(ray_cluster.LOCAL):
        assert os.environ["RAY_AUTH_MODE"] == "token"
        assert os.environ["RAY_AUTH_TOKEN"]
    assert os.environ["RAY_AUTH_MODE"] == "mine"
    assert "RAY_AUTH_TOKEN" not in os.environ
    with ray_cluster._init_options("host:1") as options:
        assert options == {"address": "host:1"}
        assert os.environ["RAY_AUTH_MODE"] == "mine"
