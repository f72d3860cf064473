"""A batch: its pictures, how to make each, and which of them are done already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nst_core.batch.batch_files import Item
from nst_core.batch.records import Records, key
from nst_core.imaging.files.decoding import DecodedImage
from nst_core.painting.job import Job
from nst_core.shared.errors import NeuralStyleError, UnwritableOutputError


@dataclass(frozen=True)
class Report:
    """The result for one picture. `kept`: it was done already. `left`: the batch was stopped before it.

    notes: for the user, on how the picture was read.
    """

    item: Item
    state: Literal["painted", "kept", "failed", "left"]
    error: NeuralStyleError | None = None
    metrics: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """The pictures of a batch and how to make each.

    facts: everything that determines a result, except its picture. make: reads a picture, and in a sequence the one
    before it, and returns its file's content and the job. overwrite: paint everything again. backend: as in the
    settings; unless it is auto, pictures that another backend painted are painted again.
    """

    items: Sequence[Item]
    folder: Path
    facts: Mapping[str, Any]
    make: Callable[[Item, Item | None], tuple[DecodedImage, Job]]
    sequence: bool = False
    overwrite: bool = False
    backend: str = "auto"

    def due(self, item: Item, before: Item | None) -> str | None:
        """The key of the result, None if it is done. Raises UnwritableOutputError for a file that no batch made."""
        facts = dict(self.facts) | ({"page": item.page} if item.page else {})
        wanted = key(facts, item.source, *((before.source, before.output) if before else ()))
        state = Records(self.folder).state(item.output, wanted, self.backend)
        if state == "foreign" and not self.overwrite:
            raise UnwritableOutputError(
                f"{item.output} exists and was not made by a batch, or was changed since",
                "move it, choose another folder, or use --overwrite",
            )
        return None if state == "same" and not self.overwrite else wanted

    def dry_run(self) -> Iterator[Report]:
        """What painting would do: `left` stands for pictures that would be painted."""
        before: Item | None = None
        for item in self.items:
            try:
                wanted = self.due(item, before)
            except NeuralStyleError as error:
                yield Report(item, "failed", error)
                continue
            yield Report(item, "kept" if wanted is None else "left")
            if self.sequence:
                # A result that is still to be painted has no digest; the source's makes the next frame due as well.
                before = item if wanted is None else Item(item.source, item.source, item.page)
