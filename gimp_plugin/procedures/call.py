"""The arguments with which GIMP called a procedure that paints layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gimp

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Call:
    """A call of a procedure. drawables: the selected ones, not checked yet. config: the other arguments."""

    run_mode: Gimp.RunMode
    image: Gimp.Image
    drawables: Sequence[Gimp.Drawable]
    config: Gimp.ProcedureConfig

    @property
    def interactive(self) -> bool:
        """Whether to open the window."""
        return bool(self.run_mode == Gimp.RunMode.INTERACTIVE)

    @property
    def with_last_values(self) -> bool:
        """Whether to use the values of the last time."""
        return bool(self.run_mode == Gimp.RunMode.WITH_LAST_VALS)

    @property
    def by_script(self) -> bool:
        """Whether nothing may be shown."""
        return bool(self.run_mode == Gimp.RunMode.NONINTERACTIVE)
