"""Runs inside GIMP: link and vector layers, and files that only GIMP reads, for test_gimp_kinds.py."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from calls import FOLDER, Facts, answer, call_here, check, engine, photograph, pixels
from gi.repository import Gimp, Gio

RGBA = "R'G'B'A u8"
EFFECT = "gegl:dropshadow"


def link(image: Gimp.Image) -> Gimp.Layer:
    copy = FOLDER / "linked.png"
    copy.write_bytes((FOLDER / "photograph.png").read_bytes())
    return Gimp.LinkLayer.new(image, Gio.File.new_for_path(str(copy)))


def vector(image: Gimp.Image) -> Gimp.Layer:
    path = Gimp.Path.new(image, "path")
    image.insert_path(path, None, 0)
    corners = [v for x, y in ((10, 10), (90, 12), (80, 70), (12, 80)) for v in (x, y) * 3]
    path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, corners, True)  # noqa: FBT003 - GIMP's own
    return Gimp.VectorLayer.new(image, path)


KINDS = {"link": ("LinkLayer", link), "vector": ("VectorLayer", vector)}


def rasterized(layer: Any) -> bool:
    """Whether a link or vector layer was rasterised. GIMP 3.0 has no function for that."""
    return bool(layer.is_rasterized()) if hasattr(layer, "is_rasterized") else False


def of_a_kind(kind: str, case: str) -> Facts | None:
    name, make = KINDS[kind]
    if not hasattr(Gimp, name):
        return None
    image = photograph()
    if case == "deep":
        image.convert_precision(Gimp.Precision.U16_LINEAR)
    layer = make(image)
    image.insert_layer(layer, None, 0)
    if hasattr(layer, "refresh"):
        layer.refresh()
    if case == "shadow":
        layer.append_filter(Gimp.DrawableFilter.new(layer, EFFECT, "shadow"))
    if case == "missing":
        (FOLDER / "linked.png").unlink()
    before = pixels(layer, RGBA)
    with engine("unchanged"):
        facts = call_here(image, [layer])
    made = [Gimp.Layer.get_by_id(number) for number in facts["made"]]
    again = call_repeat(image, made) if made else None
    return {
        "status": facts["status"],
        "message": facts["message"],
        "kind": type(layer).__name__,
        "rasterized": rasterized(layer),
        "kept": pixels(layer, RGBA) == before,
        "effects": len(layer.get_filters()),
        "larger": [made[0].get_width() > layer.get_width() if made else None],
        "as it was": bool(made) and pixels(made[0], RGBA) == before,
        "seen": bool(made) and any(pixels(made[0], RGBA)),
        "again": again,
    }


def call_repeat(image: Gimp.Image, made: list[Gimp.Layer]) -> str:
    with engine("unchanged"):
        status: str = call_here(image, made, ending="-repeat")["status"]
    return status


@check
def kinds() -> Facts:
    return {
        f"{kind}, {case}": of_a_kind(kind, case)
        for kind in KINDS
        for case in ("plain", "shadow", "deep", *(("missing",) if kind == "link" else ()))
    }


@check
def style_files() -> Facts:
    """Style files that only GIMP can read, one with the real engine; and an unreadable one."""
    found: Facts = {}
    for suffix in (".xcf", ".psd", ".ico"):
        file = FOLDER / f"style{suffix}"
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, photograph(), Gio.File.new_for_path(str(file)), None)
        with nullcontext() if suffix == ".psd" else engine("unchanged"):
            found[suffix] = with_style(file)
    file = FOLDER / "style.heic"
    file.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400))
    return found | {"broken": with_style(file)}


def with_style(file: Path) -> list[Any]:
    image = photograph()
    facts = call_here(image, image.get_layers(), style_file=Gio.File.new_for_path(str(file)))
    return [facts["status"], facts["message"], len(image.get_layers())]


answer()
