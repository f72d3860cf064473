"""Records of the pictures that a batch has painted: the next run paints only what is missing or changed.

    <out>/.neural-style/<name>.json     {"format": 1, "key": "…", "output": "…", "recipe": {…}, "metrics": {…}}

`key` is a digest of everything that determines the result, `output` one of the file. A file without a record, or with
other bytes, was not made by a batch and is not overwritten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from nst_core import __version__
from nst_core.shared.errors import InvalidImageError, UnwritableOutputError
from nst_core.system.safe_files import write_atomically

FORMAT = 1
FOLDER = ".neural-style"
ANY = "auto"
"""Any backend."""
NONE = "none"
"""The backend of a picture for which nothing was computed (strength 0)."""

State = Literal["missing", "same", "changed", "foreign"]


def key(facts: Mapping[str, Any], *files: Path) -> str:
    """A digest of the engine's version, the job's facts, and the bytes of the files that it is made from."""
    whole = {"engine": __version__, "facts": facts, "files": [file_digest(file) for file in files]}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises InvalidImageError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidImageError(f"{path} cannot be read", "check its name and your permission to read it") from error


class Records:
    """The records beside the pictures in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def state(self, output: Path, record_key: str, backend: str = ANY) -> State:
        """The state of a result, for this key, and this backend unless it is ANY."""
        if not output.exists():
            return "missing"
        kept = self._read(output)
        if kept.get("output", "") is None:  # the batch ended while it was written
            return "changed"
        if kept.get("output") != file_digest(output):
            return "foreign"
        same = kept.get("key") == record_key and (backend == ANY or _is_by(kept, backend))
        return "same" if same else "changed"

    def begin(self, output: Path) -> None:
        """Record that this picture is about to be written: after a crash it still counts as made by the batch."""
        self._write(output, {"output": None})

    def write(self, output: Path, record_key: str, **more: Any) -> None:
        """Record that this picture was made under this key. Raises UnwritableOutputError."""
        self._write(output, {"key": record_key, "output": file_digest(output), **more})

    def _write(self, output: Path, facts: dict[str, Any]) -> None:
        path = self._path(output)
        entry = {"format": FORMAT, **facts}
        text = json.dumps(entry, ensure_ascii=False) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda unfinished: unfinished.write_bytes(text.encode("utf-8", "backslashreplace")))
        except OSError as error:
            raise UnwritableOutputError(f"{path} cannot be written", "check the folder and the free space") from error

    def _read(self, output: Path) -> dict[str, Any]:
        try:
            found = json.loads(self._path(output).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) and found.get("format") == FORMAT else {}

    def _path(self, output: Path) -> Path:
        name = output.relative_to(self._folder)
        return self._folder / FOLDER / name.with_name(f"{name.name}.json")


def _is_by(kept: Mapping[str, Any], backend: str) -> bool:
    """Whether the recorded picture was painted by this backend, or needed none."""
    metrics = kept.get("metrics")
    return isinstance(metrics, dict) and metrics.get("backend") in (backend, NONE)
