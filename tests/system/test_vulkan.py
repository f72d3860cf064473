"""What is said where Vulkan, a driver or a card is missing, without any of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_core.shared.errors import BackendUnavailableError
from nst_core.system import vulkan
from nst_core.system.cache_folder import cache_folder
from nst_core.system.vulkan import Card


def test_without_vulkan_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its loader is what every driver is reached by."""
    monkeypatch.setattr(vulkan, "_LIBRARIES", {})
    with pytest.raises(BackendUnavailableError, match="there is no Vulkan here"):
        vulkan.cards()
    assert "libvulkan1" in vulkan.explain().remedy
    assert vulkan.best() is None


@pytest.mark.parametrize(
    ("there", "said"),
    [([], "no driver offers Vulkan a graphics card"), ([Card("Old Card 3", 2, 1, None)], "Old Card 3 cannot be used")],
)
def test_what_is_wrong_is_told_by_what_is_there(there: list[Card], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No card, or one that cannot do what is needed."""
    monkeypatch.setattr(vulkan, "cards", lambda: there)
    assert said in vulkan.explain().message
    assert "driver" in vulkan.explain().remedy


@pytest.mark.parametrize(
    ("system", "given", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/gimp-neural-style"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, str(Path.home() / ".cache" / "gimp-neural-style")),
        ("linux", {}, str(Path.home() / ".cache" / "gimp-neural-style")),
        ("darwin", {}, str(Path.home() / "Library" / "Caches" / "gimp-neural-style")),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/gimp-neural-style/cache"),
    ],
)
def test_the_cache_is_where_the_system_keeps_it(system: str, given: dict[str, str], expected: str) -> None:
    """By the custom of each."""
    assert cache_folder(given, system).as_posix() == expected
