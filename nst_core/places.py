"""How workers are placed on the machines of a cluster: how many there is room for, and what each of them takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Machine:
    """name: the cluster's own for it. cpus: one at least. cards: graphics cards."""

    name: str
    cpus: int
    cards: int


@dataclass(frozen=True)
class Place:
    """What one of several equal workers takes.

    cpus: of a machine; threads: its networks', 0 for all that there are. sharers: how many workers share a card, 0
    where none is used. beside: by the machines' names, how many workers each of them has at most.
    """

    cpus: int
    threads: int
    sharers: int
    beside: Mapping[str, int]


def machines_of(nodes: Sequence[Mapping[str, Any]]) -> list[Machine]:
    """The machines that can work, of what `ray.nodes()` tells."""
    found = [
        Machine(node["NodeID"], int(node["Resources"].get("CPU", 0)), int(node["Resources"].get("GPU", 0)))
        for node in nodes
        if node["Alive"]
    ]
    return [machine for machine in found if machine.cpus]


def used(machines: Sequence[Machine], *, graphics: bool) -> list[Machine]:
    """Those with cards, where cards are wanted and there are any; else all of them."""
    return [machine for machine in machines if graphics and machine.cards] or list(machines)


def usual(machines: Sequence[Machine], *, graphics: bool) -> int:
    """How many workers to have where nobody says: one for each card, else one for each machine."""
    return sum(max(1, min(one.cpus, one.cards if graphics else 0)) for one in used(machines, graphics=graphics))


def most(machines: Sequence[Machine], *, graphics: bool) -> int:
    """How many workers there is room for: each needs a processor."""
    return sum(machine.cpus for machine in used(machines, graphics=graphics))


def place(machines: Sequence[Machine], hands: int, *, graphics: bool) -> Place:
    """What each of so many workers, `most` of them at most, takes so that all work at once: as much as that leaves."""
    chosen = used(machines, graphics=graphics)
    cards = graphics and any(machine.cards for machine in chosen)
    sharers = next(n for n in range(1, hands + 1) if sum(_beside(chosen, 1, n)) >= hands) if cards else 0
    largest = max(machine.cpus for machine in chosen)
    cpus = next(c for c in range(largest, 0, -1) if sum(_beside(chosen, c, sharers)) >= hands)
    beside = _beside(chosen, cpus, sharers)
    each = {one.name: min(count, hands) for one, count in zip(chosen, beside, strict=True)}
    return Place(cpus, 0 if cpus == largest else cpus, sharers, each)


def _beside(machines: Sequence[Machine], cpus: int, sharers: int) -> list[int]:
    """How many such workers each machine has room for."""
    return [min(one.cpus // cpus, one.cards * sharers if sharers else one.cpus) for one in machines]
