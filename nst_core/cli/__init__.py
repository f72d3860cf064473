"""The `neural-style` command."""

from __future__ import annotations

from nst_core.cli.command import run

__all__ = ["run"]
