"""Whether a text has what was searched for: all words, in any order, whatever the case and the accents."""

from __future__ import annotations

import unicodedata


def matches(query: str, *texts: str) -> bool:
    """Whether each word of the query lies in one of the texts, at a word's beginning or inside."""
    whole = " ".join(map(plain, texts))
    return all(word in whole for word in plain(query).split())


def plain(text: str) -> str:
    """A text in small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
