"""Examines GIMP: the installations, whether the plug-in is in them, and what each of them reports about it."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nst_core
from nst_core.setup.check_engine import guarded
from nst_core.setup.gimp_locations import Console, console_candidates, installed_consoles
from nst_core.setup.plugin_installer import ENTRY, PLUGIN, gimp_profiles, installed_engine
from nst_core.shared.client.self_check import examine_engine
from nst_core.shared.sentences import REINSTALL
from nst_core.shared.wire.findings import Finding
from nst_core.shared.wire.protocol import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nst_core.setup.gimp_locations import Profile


VERSION_SECONDS, BATCH_SECONDS = 20.0, 90.0
"""Time limits for printing the version and for a start, seconds: a first start reads all fonts."""

MARK = "neural-style-answer:"

CHECK = "plug-in-neural-style-doctor"

QUERY = f"""
import json, sys
from gi.repository import Gimp
answer = {{"folder": Gimp.directory(), "python": sys.version.split()[0]}}
check = Gimp.get_pdb().lookup_procedure("{CHECK}")
if check:
    config = check.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("thorough", False)
    values = check.run(config)
    if values.index(0) == Gimp.PDBStatusType.SUCCESS:
        answer["report"] = json.loads(values.index(1))
text = "{MARK}" + json.dumps(answer) + "\\n"
sys.stdout.write(text) if sys.stdout else Gimp.message(text)
"""


def examine(commands: Sequence[str], environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yields all findings. Never raises.

    commands: more commands that start a GIMP without windows. environment: of this process.
    """
    yield from guarded("plug-in", partial(_plugins, environment))
    consoles: list[Console] = []
    for command in commands:
        try:
            words = shlex.split(command)
        except ValueError as error:
            text = f"the command {command!r} cannot be read ({error})"
            yield Finding("gimp", "problem", text, "close its quotes", "--gimp")
            continue
        consoles.append(Console("--gimp", tuple(words)))
    consoles += installed_consoles(console_candidates(sys.platform, environment, Path.home()))
    versions = {console: _version(console) for console in consoles}
    gimps = {console: version for console, version in versions.items() if version.startswith("3.")}
    for console, version in gimps.items():
        yield from guarded("gimp", partial(_check_console, console, version), console.kind)
    if not gimps:
        text = "no GIMP 3 was found that can be asked"
        yield Finding("gimp", "note", text, "if there is one, say how to start it with --gimp")


def _plugins(environment: Mapping[str, str]) -> list[Finding]:
    profiles = gimp_profiles()
    if not profiles:
        remedy = "to use the filter, install GIMP 3 and start it once"
        return [Finding("plug-in", "note", "no GIMP 3 profile was found", remedy)]
    return [_plugin(profile) for profile in profiles] + _engines(profiles, environment)


def _engines(profiles: Sequence[Profile], environment: Mapping[str, str]) -> list[Finding]:
    """Start each engine that is named in an engine.json, once, as the plug-in would."""
    folders = [profile.plug_ins / PLUGIN for profile in profiles]
    named = {str((installed_engine(folder.parent) or {}).get("command")): folder for folder in folders}
    found: list[Finding] = []
    for folder in named.values():
        if folder.is_dir():
            examine_engine(folder, environment, found.append, thorough=False)
    return found


def _plugin(profile: Profile) -> Finding:
    where = str(profile.folder)
    engine = installed_engine(profile.plug_ins)
    if engine is None:
        return Finding("plug-in", "note", "is not there", "run `neural-style install`", where)
    entry = profile.plug_ins / PLUGIN / ENTRY
    if not entry.is_file() or (os.name != "nt" and not os.access(entry, os.X_OK)):
        return Finding("plug-in", "problem", f"{ENTRY} is missing or not executable", REINSTALL, where)
    if not engine:
        return Finding("plug-in", "problem", "its engine.json is missing or broken", REINSTALL, where)
    if engine.get("protocol") != PROTOCOL or engine.get("version") != nst_core.__version__:
        return Finding("plug-in", "problem", f"is of version {engine.get('version', 'unknown')}", REINSTALL, where)
    return Finding("plug-in", "ok", f"is there, of this version ({profile.kind})", where=where)


def _version(console: Console) -> str:
    try:
        output = output_of([*console.command, "--version"], VERSION_SECONDS)
    except subprocess.TimeoutExpired:
        return ""
    found = re.search(r"version (\d+\.\d+\.\d+)", output)
    return found[1] if found else ""


def _check_console(console: Console, version: str) -> list[Finding]:
    """Start this GIMP and let its own Python, inside its sandbox, examine the plug-in."""
    batch = ["-i", "-d", "-f", "--quit", "--batch-interpreter", "python-fu-eval", "-b", QUERY]
    try:
        output = output_of([*console.command, *batch], BATCH_SECONDS)
    except subprocess.TimeoutExpired:
        text = f"{version} did not answer in {BATCH_SECONDS:g} s"
        return [Finding("gimp", "problem", text, "start it once yourself", console.kind)]
    line = next((line for line in reversed(output.splitlines()) if MARK in line), "")
    if not line:
        reason = _last_error(output)
        remedy = "install GIMP's Python (on Debian gir1.2-gimp-3.0 and python3-gi)"
        return [Finding("gimp", "problem", f"{version} cannot run Python{reason}", remedy, console.kind)]
    return [_finding_of(console, version, json.loads(line.partition(MARK)[2]), _last_error(output))]


def _finding_of(console: Console, version: str, answer: dict[str, Any], reason: str) -> Finding:
    where = f"{version}, Python {answer['python']}, {answer['folder']}"
    if "report" not in answer:
        folder = Path(answer["folder"])
        if not (folder / "plug-ins" / PLUGIN).is_dir():
            remedy = f"run `neural-style install --profile '{folder}'`"
            return Finding("gimp", "note", f"{where}: has no plug-in", remedy, console.kind)
        return Finding("gimp", "problem", f"{where}: does not load the plug-in{reason}", REINSTALL, console.kind)
    problems = [one for one in answer["report"]["findings"] if one["state"] == "problem"]
    if problems:
        text = f"{where}: loads the plug-in, but {problems[0]['subject']}: {problems[0]['text']}"
        return Finding("gimp", "problem", text, problems[0]["remedy"], console.kind)
    return Finding("gimp", "ok", f"{where}: loads the plug-in and starts its engine", where=console.kind)


def _last_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if "Error" in line]
    return f" ({lines[-1][:200]})" if lines else ""


def output_of(command: Sequence[str], seconds: float) -> str:
    """The output of a program, standard error included; empty if it cannot be started.

    Raises subprocess.TimeoutExpired, after the program and its children were ended.
    """
    try:
        child = subprocess.Popen(  # noqa: S603 - a GIMP that was found, or that a person named
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError:
        return ""
    with child:
        try:
            output, _ = child.communicate(timeout=seconds)
        finally:
            if child.poll() is None:
                _end(child)
    return output.decode(errors="replace")


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
