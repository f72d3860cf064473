"""Search in texts: all words, in any order, without regard to case and accents."""

from __future__ import annotations

import unicodedata


def matches(query: str, *texts: str) -> bool:
    """Whether each word of the query is part of one of the texts."""
    whole = " ".join(map(plain, texts))
    return all(word in whole for word in plain(query).split())


def plain(text: str) -> str:
    """A text in lower case without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
