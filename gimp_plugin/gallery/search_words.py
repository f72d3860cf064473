"""Whether a text has what was searched for: all words, in any order, whatever the case and the accents."""

from __future__ import annotations

import unicodedata


def matches(query: str, *texts: str) -> bool:
    """Whether each word of the query lies in one of the texts, at a word's beginning or inside."""
    whole = " ".join(map(_plain, texts))
    return all(word in whole for word in _plain(query).split())


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
