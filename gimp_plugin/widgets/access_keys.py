"""Access keys: underlined letters in labels, which with Alt activate their controls."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def with_keys(labels: Iterable[str], taken: str = "") -> list[str]:
    """The labels, each with an underscore before a unique letter, as far as there are letters.

    Only letters that every keyboard has. A label without any gets one in brackets, as is usual in Japanese.
    """
    used = set(taken)
    marked = []
    for label in labels:
        own = [letter for letter in label.lower() if letter in ascii_lowercase]
        letter = next((letter for letter in own or ascii_lowercase if letter not in used), None)
        if letter is None:
            marked.append(label)
            continue
        used.add(letter)
        at = label.lower().find(letter)
        marked.append(f"{label[:at]}_{label[at:]}" if own else f"{label}(_{letter.upper()})")
    return marked


def access_key(label: str) -> str:
    """The letter after a label's underscore; empty without one."""
    return label.partition("_")[2][:1].lower()
