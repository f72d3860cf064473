"""Parts shared by all commands: options made of the settings, and error messages."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nst_core.shared.errors import InvalidSettingError, NeuralStyleError
from nst_core.shared.settings import Setting, Settings, Value, all_settings, from_mapping
from nst_core.system.optional_packages import missing
from nst_core.system.out_of_memory import as_out_of_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

USER_ERROR = 2  # exit code for errors that the user can correct

SIZES = range(32, 65_536)  # px: the least the engine takes, the most a TIFF or PNG reader commonly does

GIGABYTES = {"M": 1e-3, "": 1.0, "G": 1.0, "T": 1e3}
"""Units for amounts of memory, powers of 1000."""

Command = TypeVar("Command", bound="Callable[..., Any]")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def job_options(command: Command) -> Command:
    """Give a command the options that describe a job: styles, guides, preset, size, masks, recipe, every setting."""
    options = (
        click.option(
            "--style",
            "styles",
            metavar="IMAGE[:WEIGHT]",
            multiple=True,
            help="A picture to paint like; several are mixed.",
        ),
        click.option(
            "--guide",
            "guides",
            metavar="IMAGE|none",
            multiple=True,
            help="Where a style counts: white there, black elsewhere. One for each --style, in the same order.",
        ),
        click.option("--preset", metavar="NAME", help="A ready look instead of --style; see `presets list`."),
        click.option("--size", metavar="PX", type=int, help="Resize the content to this longest edge first."),
        click.option(
            "--mask", metavar="IMAGE", help="Stylize where this is white, keep the content where it is black."
        ),
        click.option(
            "--strength-map",
            metavar="IMAGE",
            help="How far to go, place by place: the full --strength where this is white, nothing where it is black.",
        ),
        click.option("--recipe", metavar="FILE", help="Repeat what made a picture; settings given here override it."),
    )
    command = setting_options(command)
    for option in reversed(options):
        command = option(command)
    return command


def job_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `job_options` as arguments of JobOptions: all settings become one mapping, `settings`."""
    names = {setting.name for setting in all_settings()}
    settings = {name: value for name, value in arguments.items() if name in names}
    return {name: value for name, value in arguments.items() if name not in names} | {"settings": settings}


def setting_options(command: Command) -> Command:
    """Give a command one option for each setting, with its help, range and default."""
    for setting in reversed(all_settings()):
        words = [option.name for option in setting.info.options]
        command = _option(setting, [*words, "IMAGE"] if setting.name == "init" else words)(command)
    return command


def look_options(command: Command) -> Command:
    """Give a command one option for each setting that presets store."""
    for setting in reversed(all_settings()):
        if setting.info.scope == "look":
            command = _option(setting, [option.name for option in setting.info.options])(command)
    return command


def _option(setting: Setting, words: Sequence[str]) -> Callable[[Command], Command]:
    """The option of a setting. words: the values to choose from; empty for a number or a switch."""
    name = f"--{setting.name.replace('_', '-')}"
    if setting.type is bool:
        default = name if setting.default else f"--no-{name[2:]}"
        text = f"{setting.info.help} [default: {default}]"
        return click.option(f"{name}/--no-{name[2:]}", setting.name, default=None, help=text)
    text = f"{setting.info.help} [default: {setting.default:{'' if setting.type is str else 'g'}}]"
    return click.option(name, setting.name, metavar="|".join(words) or _range(setting), help=text)


def settings_from(texts: Mapping[str, str | bool | None], base: Mapping[str, object]) -> Settings:
    """The settings in `texts`, for the others those of `base`, otherwise the defaults. Raises InvalidSettingError."""
    chosen = {setting: texts.get(setting.name) for setting in all_settings()}
    values = {setting.name: _value(setting, text) for setting, text in chosen.items() if text is not None}
    return from_mapping(values, from_mapping(base))


def path_and_weight(text: str) -> tuple[str, float]:
    """`IMAGE` or `IMAGE:WEIGHT` as a path and a weight.

    If a file with the whole text as its name exists, that is meant: names may contain colons, and Windows paths do.
    """
    match = None if os.path.lexists(text) else re.fullmatch(r"(?s)(.+):(\d+\.?\d*|\.\d+)", text)
    return (match[1], float(match[2])) if match else (text, 1.0)


def require_size(size: int | None) -> None:
    """Raise InvalidSettingError if a longest edge, px, is not in SIZES. None is valid."""
    if size is not None and size not in SIZES:
        raise InvalidSettingError(f"size is {size}", f"it must be a whole number in [{SIZES.start}, {SIZES.stop - 1}]")


@contextlib.contextmanager
def handle_errors(*, as_json: bool) -> Iterator[None]:
    """Print errors that the user can correct in one sentence, without a traceback, and exit with USER_ERROR."""
    try:
        with as_out_of_memory("use --size"):
            yield
    except NeuralStyleError as error:
        _exit_with_error(error, as_json=as_json)
    except ModuleNotFoundError as error:
        missing_package = missing(error)
        if missing_package is None:
            raise
        _exit_with_error(missing_package, as_json=as_json)


def print_message(sentence: str) -> None:
    """Print a sentence to standard error; errors of writing are ignored."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(f"neural-style: {sentence}", err=True)


def print_and_exit(report: dict[str, Any], print_report: Callable[[dict[str, Any]], None], *, as_json: bool) -> None:
    """Print the report of a command as JSON or as text, and exit with the code in it, by default 0."""
    (print_json if as_json else print_report)(report)
    sys.exit(report.get("exit_code", 0))


def print_json(answer: object) -> None:
    """Print an object as JSON. Numbers that are not finite become null."""
    click.echo(json.dumps(_finite(answer), indent=2, ensure_ascii=not _is_unicode(sys.stdout.encoding)))


def escape_unencodable() -> None:
    """Let standard output and error escape characters that their encoding lacks (`\\u1234`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _is_unicode(encoding: str | None) -> bool:
    return (encoding or "").casefold().replace("-", "").startswith("utf")


def error_entry(error: NeuralStyleError) -> dict[str, str]:
    """The error as --json prints it."""
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def _exit_with_error(error: NeuralStyleError, *, as_json: bool) -> None:
    print_message(str(error))
    if as_json:
        print_json({"error": error_entry(error)})
    sys.exit(USER_ERROR)


def _range(setting: Setting) -> str:
    if setting.name == "memory":
        return "GB|8G|512M"
    return f"{setting.info.low:g}..{setting.info.high:.10g}"


def _value(setting: Setting, text: Value) -> Value:
    """The text as a value of the setting's type. A text that is no number stays text; `Settings` raises for it."""
    if setting.name == "memory" and isinstance(text, str):
        return _gigabytes(text)
    with contextlib.suppress(ValueError):
        return text if setting.type in (str, bool) else setting.type(text)
    return text


def _gigabytes(text: str) -> Value:
    """An amount of memory in GB: `8`, `8G` and `8000M` are the same. A text that is no amount stays text."""
    amount = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*([MGT]?)B?", text.strip(), re.IGNORECASE)
    return float(amount[1]) * GIGABYTES[amount[2].upper()] if amount else text


def _finite(answer: object) -> object:
    match answer:
        case dict():
            return {key: _finite(value) for key, value in answer.items()}
        case list() | tuple():
            return [_finite(value) for value in answer]
        case float() if not math.isfinite(answer):
            return None
    return answer
