"""Runs inside GIMP: the arguments of the procedures, and the examples of docs/scripting.md, for their test."""

from __future__ import annotations

from typing import Any

from calls import FOLDER, ORDER, Facts, answer, check
from gi.repository import Gimp, GObject

OWN = ("run-mode", "image", "drawables")
"""Arguments of every filter of GIMP."""


def described(spec: GObject.ParamSpec) -> list[str]:
    """A row of the document's table: name, values, default."""
    kind, default = spec.value_type.name, spec.get_default_value()
    if kind in {"gdouble", "gint"}:
        word = "number" if kind == "gdouble" else "whole number"
        return [spec.name, f"{word}, {spec.minimum:.12g} to {spec.maximum:.12g}", f"{default:.12g}"]
    if kind == "gboolean":
        return [spec.name, "true or false", str(default).lower()]
    if kind in {"GFile", "GStrv"}:
        return [spec.name, "file" if kind == "GFile" else "texts", "none"]
    choices = choices_of(spec)
    if choices:
        return [spec.name, ", ".join(f"`{choice}`" for choice in choices), f"`{default}`"]
    return [spec.name, "text", f"`{default or ''}`"]


def choices_of(spec: GObject.ParamSpec) -> list[str]:
    is_choice = GObject.type_name(spec) == "GimpParamChoice"
    return list(Gimp.param_spec_choice_get_choice(spec).list_nicks()) if is_choice else []


@check
def arguments() -> Facts:
    facts: dict[str, Any] = {}
    for ending in ("", "-repeat", "-refine", "-presets", "-doctor"):
        procedure = Gimp.get_pdb().lookup_procedure(f"plug-in-neural-style{ending}")
        facts[procedure.get_name()] = {
            "arguments": [described(spec) for spec in procedure.get_arguments() if spec.name not in OWN],
            "answers": [spec.name for spec in procedure.get_return_values()],
        }
    return facts


@check
def python() -> Facts:
    return {str(number): _run(code) for number, code in enumerate(ORDER["python"])}


@check
def scheme() -> Facts:
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-script-fu-eval")
    facts = {}
    for number, code in enumerate(ORDER["scheme"]):
        config = procedure.create_config()
        config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
        config.set_property("script", code)
        before = _files()
        status = procedure.run(config).index(0).value_nick
        said = "" if status == "success" else Gimp.get_pdb().get_last_error()
        facts[str(number)] = {"error": said, "wrote": sorted(_files() - before)}
    return facts


def _run(code: str) -> Facts:
    before = _files()
    try:
        exec(compile(code, "docs/scripting.md", "exec"), {"__name__": "example"})  # noqa: S102 - our own document
    except Exception as error:  # noqa: BLE001 - the test fails
        return {"error": repr(error), "wrote": []}
    return {"error": "", "wrote": sorted(_files() - before)}


def _files() -> set[str]:
    return {path.name for path in FOLDER.iterdir()}


if __name__ == "__main__":
    answer()
