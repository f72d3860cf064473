"""Many pictures in one order: what is to be done, and what is done already.

In a sequence each picture starts from the one before it, as it lies on the disk, so that a batch that goes on later
paints what it would have painted at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nst_core.batch_files import Item
from nst_core.batch_record import Records, key
from nst_core.errors import NeuralStyleError, UnwritableOutputError
from nst_core.images import Source
from nst_core.job import Job


@dataclass(frozen=True)
class Report:
    """How it ended for one picture. `kept`: there was nothing to do. `left`: the batch was stopped before.

    notes: what a person should know of how the picture was read.
    """

    item: Item
    state: Literal["painted", "kept", "failed", "left"]
    error: NeuralStyleError | None = None
    metrics: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """The pictures of a batch and how to make each.

    facts: all that makes a result, its picture apart. make: from a picture, and in a sequence the one before it, to
    what is in its file and the job. overwrite: paint everything, whatever is there. backend: as in the settings; by
    name, what another one painted is painted again.
    """

    items: Sequence[Item]
    folder: Path
    facts: Mapping[str, Any]
    make: Callable[[Item, Item | None], tuple[Source, Job]]
    sequence: bool = False
    overwrite: bool = False
    backend: str = "auto"

    def due(self, item: Item, before: Item | None) -> str | None:
        """The key to paint it under, None if that is done. Raises UnwritableOutputError for a file of others."""
        facts = dict(self.facts) | ({"page": item.page} if item.page else {})
        wanted = key(facts, item.source, *((before.source, before.output) if before else ()))
        state = Records(self.folder).state(item.output, wanted, self.backend)
        if state == "foreign" and not self.overwrite:
            raise UnwritableOutputError(
                f"{item.output} exists and was not made by a batch, or was changed since",
                "move it, choose another folder, or use --overwrite",
            )
        return None if state == "same" and not self.overwrite else wanted

    def outlook(self) -> Iterator[Report]:
        """What would be done: `left` is what would be painted."""
        before: Item | None = None
        for item in self.items:
            try:
                wanted = self.due(item, before)
            except NeuralStyleError as error:
                yield Report(item, "failed", error)
                continue
            yield Report(item, "kept" if wanted is None else "left")
            if self.sequence:
                # What is to be painted is not there yet; any other file makes the next one due as well.
                before = item if wanted is None else Item(item.source, item.source, item.page)
