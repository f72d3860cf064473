"""Runs inside GIMP: checks the set-up with engines of all kinds, for test_gimp_checkup.py to judge."""

from __future__ import annotations

import json
import subprocess
import threading
import time

from calls import FOLDER, ORDER, PLUG_IN, Facts, answer, call, check, photograph
from gi.repository import Gimp

WAIT_SECONDS = 60  # seconds
DOCTOR = "plug-in-neural-style-doctor"
BROKEN = {"nowhere": '{"protocol": 1, "command": ["/nowhere/engine"]}', "no JSON": "{", "empty": ""}


@check
def menu() -> Facts:
    """All procedures and menu entries, although GIMP was started without engine.json."""
    procedures = {name: Gimp.get_pdb().lookup_procedure(name) for name in ORDER["procedures"]}
    return {name: found.get_menu_paths() if found else None for name, found in procedures.items()}


@check
def without_engine() -> Facts:
    image = photograph()
    facts = {"missing": report(), "filter": call(image, image.get_layers(), preset="linocut")}
    for name, content in BROKEN.items():
        (PLUG_IN / "engine.json").write_text(content)
        facts[name] = report()
    return facts


@check
def with_engine() -> Facts:
    """The check with the real engine."""
    (PLUG_IN / "engine.json").write_text(json.dumps(ORDER["real"]))
    return report(thorough=True)


@check
def window() -> Facts:
    """Open the window, copy the report, close the window."""
    (PLUG_IN / "engine.json").write_text(BROKEN["nowhere"])
    artist = threading.Thread(target=copy_and_close)
    artist.start()
    answers = report(run_mode=Gimp.RunMode.INTERACTIVE)
    artist.join()
    return answers


def report(*, thorough: bool = False, run_mode: Gimp.RunMode = Gimp.RunMode.NONINTERACTIVE) -> Facts:
    procedure = Gimp.get_pdb().lookup_procedure(DOCTOR)
    config = procedure.create_config()
    config.set_property("run-mode", run_mode)
    config.set_property("thorough", thorough)
    result = procedure.run(config)
    facts: Facts = json.loads(result.index(1))
    return facts | {"status": result.index(0).value_nick}


def copy_and_close() -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and not found_window():
        time.sleep(0.1)
    shot = FOLDER / "checkup.png"
    before = b""
    while time.monotonic() < deadline:  # until the screen stops changing
        subprocess.run(["import", "-window", "root", str(shot)], check=False)
        now = shot.read_bytes() if shot.exists() else b""
        if now and now == before:
            break
        before = now
        time.sleep(0.5)
    subprocess.run(["xdotool", "key", "alt+c"], check=False)
    while time.monotonic() < deadline and found_window():
        subprocess.run(["xdotool", "key", "Escape"], check=False)
        time.sleep(0.3)


def found_window() -> bool:
    return bool(
        subprocess.run(["xdotool", "search", "--name", "Check Set-up"], capture_output=True, check=False).stdout
    )


if __name__ == "__main__":
    answer()
