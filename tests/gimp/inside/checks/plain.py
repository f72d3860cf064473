"""Runs inside GIMP: paints one layer with the installed engine.

`NST_CHECKS`: see calls.py. There may be `together`: signs of several GIMPs that begin at the same moment.
"""

from __future__ import annotations

import time
from pathlib import Path

from calls import FOLDER, ORDER, Facts, answer, call, check, note, photograph
from gi.repository import Gimp

WAIT_SECONDS = 120.0  # seconds


@check
def painted() -> Facts:
    image = photograph()
    (FOLDER / "here").touch()
    deadline = time.monotonic() + WAIT_SECONDS
    while not all(Path(sign).exists() for sign in ORDER.get("together", [])) and time.monotonic() < deadline:
        time.sleep(0.05)
    begun = time.monotonic()
    facts = call(image, image.get_layers(), preset="mosaic", seed=7)
    facts |= {"begun": begun, "ended": time.monotonic()}
    recipes = [note(Gimp.Layer.get_by_id(number)) for number in facts["made"]]
    return facts | {"recipe": recipes[0] if recipes else {}}


answer()
