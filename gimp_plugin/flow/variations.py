"""The variations on a sheet of nine, and the order in which they are painted. Plain arithmetic."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gimp_plugin.translation import _
from nst_core.shared.settings import SettingInfo, Value, all_settings

SIDE = 3  # rows and columns
STRENGTH_STEP = 25.0
WEAKEST = 10.0  # at lower strengths a variation is hardly different from the photograph
BRUSH_FACTOR = 5 / 3

Variant = Mapping[str, Value]
"""The settings that differ from the current ones, by name."""


class Kind(enum.Enum):
    """The settings in which the variations differ."""

    LOOK = "look"
    SEEDS = "seeds"


@dataclass(frozen=True)
class Sheet:
    """Nine variants, in rows. now: the number of the one with the current settings; rows, columns: headings."""

    variants: tuple[Variant, ...]
    now: int
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the variants in the order of painting: from the current one outwards."""
        row, column = divmod(self.now, SIDE)

        def away(number: int) -> int:
            return abs(number // SIDE - row) + abs(number % SIDE - column)

        return tuple(sorted(range(len(self.variants)), key=away))


def plan(kind: Kind, settings: Mapping[str, Value]) -> Sheet:
    """The sheet around settings, which must contain strength, brush size and seed."""
    return _seeds(int(settings["seed"])) if kind is Kind.SEEDS else _looks(settings)


def name_of(variant: Variant) -> str:
    """The name of a variation."""
    if "seed" in variant:
        return _("Variation {number}").format(number=variant["seed"])
    strength, brush_size = _formatted(variant["strength"]), _formatted(variant["brush_size"])
    return _("Strength {strength}, brush size {brush_size}").format(strength=strength, brush_size=brush_size)


def _looks(settings: Mapping[str, Value]) -> Sheet:
    strength, brush = float(settings["strength"]), float(settings["brush_size"])
    ends = _info("strength"), _info("brush_size")
    weakest = min(strength, max(WEAKEST, ends[0].low))
    strengths, row = _three(strength, lambda steps: strength + STRENGTH_STEP * steps, weakest, ends[0].high)
    brushes, column = _three(brush, lambda steps: brush * BRUSH_FACTOR**steps, ends[1].low, ends[1].high)
    return Sheet(
        variants=tuple({"strength": one, "brush_size": other} for one in strengths for other in brushes),
        now=SIDE * row + column,
        rows=tuple(_("Strength {strength}").format(strength=_formatted(one)) for one in strengths),
        columns=tuple(_("Brush size {brush_size}").format(brush_size=_formatted(one)) for one in brushes),
    )


def _seeds(seed: int) -> Sheet:
    """This seed and the next eight; taking the last one leads to eight new ones."""
    count = int(_info("seed").high) + 1
    middle = SIDE * SIDE // 2
    seeds = [(seed + step) % count for step in range(1, SIDE * SIDE)]
    return Sheet(tuple({"seed": one} for one in (*seeds[:middle], seed, *seeds[middle:])), middle)


def _three(now: float, shifted: Callable[[float], float], low: float, high: float) -> tuple[tuple[float, ...], int]:
    """The current value with one on either side, or near a limit with two on one side; and its index.

    shifted: returns the value so many steps higher.
    """
    below, above = shifted(-0.5) >= low, shifted(0.5) <= high
    first = -1 if below and above else 0 if above else -2
    others = [min(high, max(low, _round(shifted(step)))) for step in range(first, first + SIDE)]
    return tuple(now if step == -first else value for step, value in enumerate(others)), -first


def _round(value: float) -> float:
    return float(f"{value:.2g}")


def _formatted(value: Value) -> str:
    """The value with three digits and the decimal separator of the language."""
    return f"{float(value):.3n}"


def _info(name: str) -> SettingInfo:
    return next(setting.info for setting in all_settings() if setting.name == name)
