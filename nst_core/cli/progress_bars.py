"""Progress bars on standard error, shown on a terminal only."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import IO, TextIO, cast

from rich.console import Console
from rich.progress import Progress, ProgressColumn


def progress_bars(*columns: ProgressColumn) -> Progress:
    """Bars with these columns, which vanish at the end. A terminal that was closed is no error."""
    console = Console(file=cast("IO[str]", _TolerantStream(sys.stderr)))
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class _TolerantStream(io.TextIOBase):
    """A stream that ignores errors of writing to the stream that it wraps."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return self._stream.isatty()
        return False

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a stream's own is None until it has one
        return self._stream.encoding or "utf-8"
