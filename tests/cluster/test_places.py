"""How many workers a cluster has room for, and with which resources: arithmetic on what Ray says of its machines."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from nst_core.cluster.ray_cluster import Machine, default_workers, machines_of, max_workers, worker_resources

LAPTOP, TOWER, STUDIO = Machine("laptop", 2, 0), Machine("tower", 64, 0), Machine("studio", 8, 2)


def node(name: str, *, alive: bool = True, **resources: float) -> dict[str, Any]:
    return {"NodeID": name, "Alive": alive, "Resources": {"memory": 1e9, **resources}}


def test_machines_are_those_that_live_and_have_a_processor() -> None:
    """A head that only keeps the books is none of them."""
    nodes = [node("a", CPU=8.0, GPU=2.0), node("b", CPU=4.0, alive=False), node("c"), node("d", CPU=0.5)]
    assert machines_of(nodes) == [Machine("a", 8, 2)]


def test_more_workers_than_processors_are_not_counted_on() -> None:
    """Two processors have room for two workers; where cards are used, only processors beside cards count."""
    assert max_workers([LAPTOP], graphics=True) == 2
    assert max_workers([TOWER, STUDIO], graphics=True) == 8
    assert max_workers([TOWER, STUDIO], graphics=False) == 72


def test_the_usual_number_is_one_for_each_card_or_machine() -> None:
    """Cards that no processor is left for are not counted, and none where they shall not be used."""
    assert default_workers([TOWER, STUDIO], graphics=True) == 2
    assert default_workers([TOWER, STUDIO], graphics=False) == 2
    assert default_workers([TOWER, LAPTOP], graphics=True) == 2
    assert default_workers([Machine("many", 1, 4)], graphics=True) == 1


def test_where_cards_are_used_only_their_machines_count() -> None:
    """A large machine without a card does not make a worker ask for more processors than stand beside one."""
    found = worker_resources([TOWER, STUDIO], 2, graphics=True)
    assert (found.cpus, found.threads, found.sharers, found.per_machine) == (4, 4, 1, {"studio": 2})


def test_a_worker_alone_on_the_largest_machine_has_all_of_it() -> None:
    """Its networks may use whatever the system has."""
    found = worker_resources([LAPTOP], 1, graphics=True)
    assert (found.cpus, found.threads, found.sharers, found.per_machine) == (2, 0, 0, {"laptop": 1})


@pytest.mark.parametrize("graphics", [True, False])
def test_all_workers_have_a_place_at_the_same_time(graphics: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Whatever the machines are, as Ray counts: the processors and the shares of cards that each one has."""
    kinds = [Machine("", cpus, cards) for cpus, cards in product((1, 3, 8), (0, 1, 4))]
    for pair in product(kinds, repeat=2):
        machines = [Machine(str(n), one.cpus, one.cards) for n, one in enumerate(pair)]
        for workers in range(1, max_workers(machines, graphics=graphics) + 1):
            found = worker_resources(machines, workers, graphics=graphics)
            room = [one.cpus // found.cpus for one in machines]
            if found.sharers:
                room = [min(n, one.cards * found.sharers) for n, one in zip(room, machines, strict=True)]
            assert sum(room) >= workers, (machines, found)
            assert [found.per_machine[one.name] for one in machines if one.name in found.per_machine] == [
                min(n, workers) for n, one in zip(room, machines, strict=True) if one.name in found.per_machine
            ]
