"""What is proposed to whoever installs, by the cards that are played here."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_core.setup import proposal as module
from nst_core.setup.proposal import makers, proposal


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without cards, and without what computes on them."""
    monkeypatch.setattr(module, "DRM", tmp_path)
    monkeypatch.setattr(module, "NVIDIA_DEVICE", tmp_path / "nvidiactl")
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    return tmp_path


def put(folder: Path, number: int, vendor: str) -> None:
    device = folder / f"card{number}" / "device"
    device.mkdir(parents=True)
    (device / "vendor").write_text(f"{vendor}\n")


def test_without_a_card_nothing_is_proposed(bare: Path) -> None:
    """Nor for the picture of a server's console."""
    put(bare, 0, "0x1a03")
    assert proposal("linux") == []


@pytest.mark.parametrize(("vendor", "maker"), [("0x1002", "AMD"), ("0x8086", "Intel")])
def test_any_other_card_is_proposed_webgpu(bare: Path, vendor: str, maker: str) -> None:
    """With its megabytes."""
    put(bare, 1, vendor)
    (said,) = proposal("linux")
    assert maker in said
    assert "gimp-neural-style[webgpu]" in said
    assert "(7 MB)" in said


def test_an_nvidia_card_is_proposed_cuda_first(bare: Path) -> None:
    """And WebGPU for whoever has no room for it."""
    put(bare, 0, "0x8086")
    (bare / "nvidiactl").touch()
    cuda, webgpu = proposal("linux")
    assert "gimp-neural-style[torch]" in cuda
    assert "4100 MB" in cuda
    assert "gimp-neural-style[webgpu]" in webgpu
    assert makers("linux") == ["NVIDIA", "Intel"]


def test_windows_needs_another_build_for_cuda(bare: Path) -> None:
    """The one that pip finds by itself computes on the processor only."""
    (bare / "nvidiactl").touch()
    cuda, webgpu = proposal("win32")
    assert "pytorch.org" in cuda
    assert "(13 MB)" in webgpu


def test_what_is_installed_is_not_proposed(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All is there."""
    put(bare, 0, "0x10de")
    monkeypatch.setattr(module, "find_spec", lambda name: name)
    assert proposal("linux") == []


def test_other_systems_have_their_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Windows has some card; of Macs those with Apple's own chips do."""
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert "There is a graphics card, which" in proposal("win32")[0]
    assert "(13 MB)" in proposal("win32")[0]
    assert "(5 MB)" in proposal("darwin")[0]
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert proposal("darwin") == []
