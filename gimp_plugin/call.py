"""How GIMP called a procedure that paints layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import Gimp

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Call:
    """drawables: the selected ones, not checked yet. config: the arguments."""

    procedure: Gimp.Procedure
    run_mode: Gimp.RunMode
    image: Gimp.Image
    drawables: Sequence[Gimp.Drawable]
    config: Gimp.ProcedureConfig

    @property
    def interactive(self) -> bool:
        """Whether the artist is to be asked."""
        return bool(self.run_mode == Gimp.RunMode.INTERACTIVE)

    @property
    def again(self) -> bool:
        """Whether she wants the same as the last time."""
        return bool(self.run_mode == Gimp.RunMode.WITH_LAST_VALS)

    @property
    def by_script(self) -> bool:
        """Whether there is nobody to ask or to show anything."""
        return bool(self.run_mode == Gimp.RunMode.NONINTERACTIVE)
