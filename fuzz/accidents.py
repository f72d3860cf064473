"""Interrupts real commands, workers and a real GIMP at random, and counts what was lost.

python -m fuzz.accidents --seconds 600 --seed 1

All counts should be 0: lost paintings, processes whose program has ended, temporary files that the next run does not
delete, tracebacks, images with an open undo group.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

from nst_core.imaging.files import image_files
from nst_core.system.safe_files import UNFINISHED

ROOT = Path(__file__).resolve().parent.parent
PHOTOGRAPH = ROOT / "demo" / "photographs" / "cat.jpg"
STYLE = PHOTOGRAPH.with_name("coffee.jpg")
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ABORTED = "Aborted!"
"""Output of a command that Ctrl-C ended before it started to paint."""
FAULTS = ("lost", "orphans", "temporary", "tracebacks", "inconsistent", "hanging")
WAIT_SECONDS = 300.0
"""Seconds after which a command hangs."""
ORPHAN_SECONDS = 15.0
"""Seconds in which a process must end after its program."""
SUBREAPER = 36  # option of prctl: orphaned processes become our children, so that they are found


@dataclass
class Counts:
    """What happened. faults: by kind, a line for each."""

    accidents: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    faults: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in FAULTS})

    def read(self, text: str, where: str) -> None:
        """Count faults in the output of a program."""
        if "Traceback (most recent call last)" in text:
            self.faults["tracebacks"].append(f"{where}: {text[-2000:]}")
        if "inconsistent state" in text:
            self.faults["inconsistent"].append(f"{where}: {text[-2000:]}")


class Commands:
    """Accidents of the command line, in its own folder."""

    def __init__(self, folder: Path, rng: random.Random, counts: Counts) -> None:
        self._rng, self._counts = rng, counts
        self._in, self._out, self._temporary = (folder / name for name in ("in", "out", "temporary"))
        for place in (self._in, self._temporary):
            place.mkdir()
        with Image.open(PHOTOGRAPH) as picture:
            for number, side in enumerate((96, 112, 128)):
                picture.convert("RGB").resize((side, 80)).save(self._in / f"{number}.png")
        with Image.open(STYLE) as picture:
            picture.convert("RGB").resize((96, 64)).save(folder / "style.png")
        self._style = "--style", str(folder / "style.png"), "--backend", "onnx"
        self._kept: set[Path] = set()
        self._number = 0
        self.kinds: dict[str, Callable[[], None]] = {
            "asked to stop": self._stop,
            "killed": self._kill,
            "disk full": self._fill_disk,
            "folder vanished": self._move_folder,
            "two at once": self._run_two,
            "worker of a batch killed": self._kill_worker,
            "batch killed": self._kill_batch,
            "host of a worker killed": self._kill_host,
        }

    def cause(self, kind: str) -> None:
        """Cause one accident, and count its faults."""
        shutil.rmtree(self._out, ignore_errors=True)
        self._out.mkdir()
        self._counts.accidents[kind] += 1
        self.kinds[kind]()
        self._count_orphans(kind)

    def count_leftovers(self) -> None:
        """Count temporary files, after a last run in each folder, which deletes those of killed runs."""
        for place in (self._out, self._temporary):
            place.mkdir(exist_ok=True)
            code, _ = self._wait_for_end(
                self._start_command("stylize", self._in / "0.png", *self._draft_arguments(place / "last.png"))
            )
            if code:
                self._counts.faults["lost"].append(f"the last run in {place.name} ended with {code}")
            (place / "last.png").unlink(missing_ok=True)
            for path in place.rglob("*"):
                if path.name.startswith((UNFINISHED, ".new-")) or (place == self._temporary and path not in self._kept):
                    self._counts.faults["temporary"].append(str(path))

    def _stop(self) -> None:
        child = self._start_command("stylize", self._in / "2.png", *self._max_arguments(self._out / "a.png"))
        self._wait(child, self._rng.uniform(0.1, 10))
        number = self._rng.choice(STOPS)
        child.send_signal(number)
        self._check(child, "asked to stop", excused=(-number,))

    def _kill(self) -> None:
        child = self._start_command("stylize", self._in / "1.png", *self._draft_arguments(self._out / "a.png"))
        self._wait(child, self._rng.uniform(0.1, 8))
        child.kill()
        self._check(child, "killed", excused=(-signal.SIGKILL,))

    def _fill_disk(self) -> None:
        """A full disk of 64 KB, if one can be mounted."""
        with _small_disk(self._out) as mounted:
            if not mounted:
                return
            with contextlib.suppress(OSError), (self._out / "filler").open("wb", buffering=0) as filler:
                while filler.write(bytes(4096)):
                    pass
            child = self._start_command("stylize", self._in / "0.png", *self._draft_arguments(self._out / "a.png"))
            self._check(child, "disk full", whole=False)

    def _move_folder(self) -> None:
        child = self._start_command("stylize", self._in / "0.png", *self._draft_arguments(self._out / "a.png"))
        self._wait(child, self._rng.uniform(0.5, 5))
        moved = self._out.rename(self._out.with_name("moved"))
        self._check(child, "folder vanished", excused=(2,), whole=False, moved=moved)
        shutil.rmtree(moved)

    def _run_two(self) -> None:
        words: list[str | Path] = ["stylize", self._in / "0.png", *self._draft_arguments(self._out / "a.png")]
        children = [self._start_command(*words), self._start_command(*words)]
        places = {self._check(child, "two at once", excused=(2,), whole=False) for child in children}
        if len(places) < len(children) and None not in places:
            self._counts.faults["lost"].append(f"two at once: both are in {places}")

    def _kill_worker(self) -> None:
        child = self._start_command(
            "batch", self._in, "--out", self._out, *self._draft_options(), "--jobs", "1", "--json"
        )
        self._wait(child, self._rng.uniform(1, 8))
        for worker in self._workers(child.pid)[:1]:
            with contextlib.suppress(psutil.Error):
                worker.kill()
        self._check_batch(child, "worker of a batch killed")

    def _kill_batch(self) -> None:
        words: list[str | Path] = ["batch", self._in, "--out", self._out, *self._draft_options(), "--json"]
        child = self._start_command(*words)
        self._wait(child, self._rng.uniform(1, 10))
        child.kill()
        self._wait_for_end(child)
        self._count_orphans("batch killed")
        self._check_batch(self._start_command(*words), "batch killed")

    def _kill_host(self) -> None:
        script = (
            "import os, sys; import numpy as np\n"
            "from nst_core import Job, Settings, Style\nfrom nst_core.shared.client.engine import Engine\n"
            "from nst_core.worker.convert import request_of\n"
            "pixels = np.random.default_rng(0).random((96, 96, 3), np.float32)\n"
            "job = Job(pixels, (Style(pixels),), Settings(quality='max', backend='onnx'))\n"
            "engine = Engine.start([sys.executable, '-m', 'nst_core.worker'], os.environ)\n"
            "print('begun', flush=True)\nengine.stylize(request_of(job))\n"
        )
        child = self._start([sys.executable, "-c", script])
        self._wait(child, self._rng.uniform(0.5, 10))
        child.kill()
        self._wait_for_end(child)

    def _check(
        self,
        child: subprocess.Popen[str],
        kind: str,
        excused: tuple[int, ...] = (),
        *,
        whole: bool = True,
        moved: Path | None = None,
    ) -> str | None:
        """Check that the painting is where the report says. excused: exit codes allowed without a painting.

        whole: whether it must be at the requested path. moved: the new path of a moved output folder, which may
        contain the painting. Returns the path in the report, None without one.
        """
        code, output = self._wait_for_end(child)
        report = _object(output)
        place = report.get("output") if isinstance(report, dict) else None
        if place is None:
            if code not in excused and ABORTED not in output:
                self._counts.faults["lost"].append(f"{kind}: exit code {code} and no report: {output[-1000:]}")
            return None
        self._counts.finished += 1
        if code != 0 and whole:
            self._counts.faults["lost"].append(f"{kind}: exit code {code}, {report['notes']}")
        if not any(map(_is_picture, [Path(place), *([moved / Path(place).name] if moved else [])])):
            self._counts.faults["lost"].append(f"{kind}: {place} is not a picture")
        self._kept.add(Path(place))
        return str(place)

    def _check_batch(self, child: subprocess.Popen[str], kind: str) -> None:
        code, _ = self._wait_for_end(child)
        names = sorted(path.name for path in self._out.glob("*.png") if _is_picture(path))
        self._counts.finished += len(names)
        if code or names != ["0.png", "1.png", "2.png"]:
            self._counts.faults["lost"].append(f"{kind}: exit code {code}, {names}")

    def _draft_options(self) -> tuple[str, ...]:
        return *self._style, "--quality", "draft"

    def _draft_arguments(self, output: Path) -> tuple[str, ...]:
        return *self._draft_options(), "-o", str(output), "--json"

    def _max_arguments(self, output: Path) -> tuple[str, ...]:
        return *self._style, "--quality", "max", "-o", str(output), "--json"

    def _start_command(self, *words: str | Path) -> subprocess.Popen[str]:
        return self._start([str(Path(sys.executable).with_name("neural-style")), *map(str, words)])

    def _start(self, command: list[str]) -> subprocess.Popen[str]:
        environment = {**os.environ, "TMPDIR": str(self._temporary)}
        output = tempfile.TemporaryFile("w+", dir=self._in.parent)  # noqa: SIM115 - closed when it was read
        child = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True
        )
        child.output = output  # type: ignore[attr-defined]
        return child

    def _wait_for_end(self, child: Any) -> tuple[int, str]:
        """Exit code and output of a process."""
        try:
            child.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._counts.faults["hanging"].append(" ".join(child.args)[-500:])
            child.kill()
            child.wait()
        child.output.seek(0)
        text = child.output.read()
        child.output.close()
        self._counts.read(text, " ".join(child.args)[-300:])
        return child.returncode, text

    @staticmethod
    def _wait(child: subprocess.Popen[str], seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)

    @staticmethod
    def _workers(parent: int) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            return [one for one in psutil.Process(parent).children() if "nst_core.worker" in " ".join(one.cmdline())]
        return []

    def _count_orphans(self, kind: str) -> None:
        deadline = time.monotonic() + ORPHAN_SECONDS
        while left := _engines_below(os.getpid()):
            if time.monotonic() > deadline:
                self._counts.faults["orphans"] += [f"{kind}: {' '.join(one.cmdline())}" for one in left]
                for one in left:
                    one.kill()
                return
            time.sleep(0.1)


def in_gimp(seconds: float, seed: int, folder: Path, counts: Counts) -> None:
    """Cause accidents of the filter, in a separate GIMP. Raises GimpUnavailableError."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]
    from conftest import furnished  # noqa: PLC0415 - of the tests

    from demo.gimp import CACHE, find_or_fetch  # noqa: PLC0415 - a GIMP is asked for

    studio = furnished(find_or_fetch(CACHE), folder)
    judge_gimp(studio.check("checks/accidents.py", limit=seconds + WAIT_SECONDS, seconds=seconds, seed=seed), counts)


def judge_gimp(found: Callable[[str], dict[str, Any]], counts: Counts) -> None:
    """Add the counts of the script that ran inside GIMP."""
    facts = found("accidents")
    counts.accidents.update({f"in GIMP: {kind}": number for kind, number in facts["accidents"].items()})
    counts.finished += facts["finished"]
    for kind in FAULTS[:-1]:  # in GIMP nothing is waited for
        counts.faults[kind] += [f"in GIMP: {line}" for line in facts[kind]]
    counts.read(found("output")["text"], "GIMP")


def on_the_command_line(seconds: float, seed: int, folder: Path, counts: Counts) -> None:
    """Cause accidents of commands, one after another, each kind equally often and at least once."""
    rng = random.Random(seed)  # noqa: S311 - accidents are no secret
    with _adopt_orphans():
        commands = Commands(folder, rng, counts)
        until = time.monotonic() + seconds
        waiting = rng.sample(sorted(commands.kinds), len(commands.kinds))
        while waiting:
            commands.cause(waiting.pop())
            if not waiting and time.monotonic() < until:
                waiting = rng.sample(sorted(commands.kinds), len(commands.kinds))
        commands.count_leftovers()


@contextlib.contextmanager
def _adopt_orphans() -> Iterator[None]:
    """Adopt orphaned processes."""
    libc = ctypes.CDLL(None)
    libc.prctl(SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(SUBREAPER, 0, 0, 0, 0)


@contextlib.contextmanager
def _small_disk(place: Path) -> Iterator[bool]:
    """Mount a disk of 64 KB. Returns whether that was allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    mounted = libc.mount(b"tmpfs", bytes(place), b"tmpfs", 0, b"size=64k") == 0
    try:
        yield mounted
    finally:
        if mounted:
            libc.umount2(bytes(place), 2)


def _engines_below(pid: int) -> list[psutil.Process]:
    """Living workers without their parent; ended ones are reaped."""
    found = []
    for one in psutil.Process(pid).children():
        with contextlib.suppress(psutil.Error):
            if one.status() == psutil.STATUS_ZOMBIE:
                with contextlib.suppress(OSError):
                    os.waitpid(one.pid, os.WNOHANG)
            elif "nst_core" in " ".join(one.cmdline()):
                found.append(one)
    return found


def _object(output: str) -> Any:
    """The JSON object in the output of a command; None without one."""
    start, end = output.find("{\n"), output.rfind("\n}")
    with contextlib.suppress(ValueError):
        return json.loads(output[start : end + 2]) if 0 <= start < end else None
    return None


def _is_picture(path: Path) -> bool:
    try:
        return len(image_files.read(path)) == 80
    except Exception:  # noqa: BLE001 - any error means no
        return False


def main() -> int:
    """Cause both kinds of accidents in parallel, print the counts, and return 1 if any is not 0."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.accidents", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    counts, failed = Counts(), []
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / name for name in ("commands", "gimp")]
        for folder in folders:
            folder.mkdir()

        def run_gimp() -> None:
            try:
                in_gimp(arguments.seconds, arguments.seed, folders[1], counts)
            except BaseException as error:  # noqa: BLE001 - printed at the end
                failed.append(repr(error))

        thread = threading.Thread(target=run_gimp)
        thread.start()
        on_the_command_line(arguments.seconds, arguments.seed, folders[0], counts)
        thread.join()
    answer = {"seed": arguments.seed, "accidents": dict(counts.accidents), "finished": counts.finished}
    sys.stdout.write(json.dumps(answer | {kind: len(found) for kind, found in counts.faults.items()}, indent=2) + "\n")
    for kind, found in counts.faults.items():
        for line in found:
            sys.stdout.write(f"{kind}: {line}\n")
    sys.stdout.writelines(f"GIMP: {line}\n" for line in failed)
    return 1 if failed or any(counts.faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
