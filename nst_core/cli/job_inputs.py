"""Reads and checks the inputs of a job: styles, guides, masks, settings and recipes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nst_core.batch.records import file_digest
from nst_core.cli.options import path_and_weight, require_size, settings_from
from nst_core.imaging.arrays import Float, flatten
from nst_core.imaging.files import image_files
from nst_core.imaging.files.decoding import DecodedImage
from nst_core.imaging.resizing import resize
from nst_core.painting.job import Job, Style, decoded_style, preset_styles
from nst_core.painting.recipe import FORMAT, require_same, without_machine_settings
from nst_core.shared.atomic_files import replace_file
from nst_core.shared.errors import ImageTooLargeError, ImageTooSmallError, InvalidSettingError, UnwritableOutputError
from nst_core.shared.presets import lookup
from nst_core.shared.settings import Settings, all_settings, to_mapping

MAX_RECIPE = 2**20  # bytes


def read_recipe(path: str) -> dict[str, Any]:
    """The recipe in a file: settings (not yet checked), styles with weights, size, and the preset if one was used.

    Raises InvalidSettingError for a file that is not a recipe.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_RECIPE + 1)
    except (OSError, ValueError):
        raise InvalidSettingError(f"the recipe {path} cannot be read", "check the file's name") from None
    try:
        found = json.loads(raw.decode()) if len(raw) <= MAX_RECIPE else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT or not _is_recipe(found):
        raise InvalidSettingError(f"{path} is not a recipe of format {FORMAT}", "give a file that --save-recipe wrote")
    return found


def write_recipe(path: Path, recipe: dict[str, Any], *, overwrite: bool = True) -> None:
    """Write a recipe atomically to a path from `require_recipe_path`. Raises UnwritableOutputError.

    overwrite: whether it may replace a file that was created meanwhile.
    """
    content = (json.dumps(recipe, indent=2, ensure_ascii=False) + "\n").encode()
    require_recipe_path(str(path), overwrite=overwrite)
    try:
        if path.exists() and not path.is_file():  # a pipe
            path.write_bytes(content)
        else:
            replace_file(path.resolve(), content)  # a link stays a link
    except OSError as error:
        raise UnwritableOutputError(f"{path} cannot be written", "choose another place") from error


def require_recipe_path(text: str, *, overwrite: bool = True) -> Path:
    """Check before the work starts that a recipe can be written there, and return the path.

    Raises UnwritableOutputError if the folder is missing, or if the file exists and may not be overwritten.
    """
    path = Path(text)
    try:
        usable = path.resolve().parent.is_dir() and not path.is_dir()
    except (OSError, ValueError, RuntimeError):
        usable = False
    if not usable:
        raise UnwritableOutputError(f"the recipe {text} cannot be written", "choose the name of a file in a folder")
    if path.is_file() and not overwrite:
        raise UnwritableOutputError(f"the recipe {text} exists", "choose another name, or use --overwrite")
    return path


def _is_recipe(found: dict[str, Any]) -> bool:
    match found:
        case {"settings": dict(), "size": [int(width), int(height)], "styles": [_, *_] as styles}:
            name = found.get("preset", "")
            named = isinstance(name, str) and isinstance(found.get("made", {}), dict)
            return min(width, height) > 0 and all(map(_is_style, styles)) and named
    return False


def _is_style(style: object) -> bool:
    match style:
        case {"sha256": str(), "weight": int() | float() as weight}:
            return weight >= 0
    return False


INITS = next([option.name for option in setting.info.options] for setting in all_settings() if setting.name == "init")
"""The values of the setting `init`; anything else is the path of a picture."""
NO_GUIDE = "none"


@dataclass(frozen=True)
class JobOptions:
    """The options of a job, not yet checked. settings: their values, None for those not given.

    guides: one for each style, in the same order, NO_GUIDE for a style without one; or empty.
    """

    settings: Mapping[str, str | bool | None]
    styles: tuple[str, ...] = ()
    guides: tuple[str, ...] = ()
    preset: str | None = None
    size: int | None = None
    mask: str | None = None
    recipe: str | None = None
    strength_map: str | None = None


@dataclass(frozen=True, eq=False)
class ResolvedJob:
    """The options of a job with decoded pictures, each in its own size; mask, strength_map and guides are (H, W, 1).

    files: digests of the files of mask, init, strength map and guides; None for those not given.
    """

    styles: tuple[Style, ...]
    settings: Settings
    guides: tuple[Float | None, ...]
    mask: Float | None
    init: Float | None
    size: int | None
    preset: str | None
    recipe: Mapping[str, Any]
    strength_map: Float | None = None
    files: tuple[str | None, ...] = ()

    def job(self, content: Float, start: Float | None = None) -> Job:
        """The job for a picture. start: (H, W, 3), replaces `init`. Raises NeuralStyleError."""
        height, width = content.shape[:2]
        styles = tuple(
            replace(style, guide=_resized_mask(guide, height, width))
            for style, guide in zip(self.styles, self.guides, strict=True)
        )
        init = start if start is not None else self.init
        if init is not None:
            init = resize(init, height, width)
        mask, strength_map = (_resized_mask(mask, height, width) for mask in (self.mask, self.strength_map))
        job = Job(content, styles, self.settings, init, mask, strength_map=strength_map)
        if self.recipe and start is None:
            require_same(job, dict(self.recipe))
        return job

    def facts(self) -> dict[str, Any]:
        """Everything that determines the result, except the content: settings, size, and digests of all files.

        Settings of the machine are left out, because they do not belong to the look; so are decoded pixels, because
        they depend on the versions of libraries.
        """
        return {
            "settings": to_mapping(self.settings, "look") | to_mapping(self.settings, "run"),
            "size": self.size,
            "styles": [[style.source.digest if style.source else None, style.weight] for style in self.styles],
            "files": self.files,
        }


def resolve_job(options: JobOptions) -> ResolvedJob:
    """Read all pictures of the options. Raises NeuralStyleError for options that are not valid."""
    recipe = read_recipe(options.recipe) if options.recipe else {}
    preset = _preset(options, recipe)
    if not options.styles and not preset:
        raise InvalidSettingError("the style is not clear", "give either --style or --preset")
    init = options.settings.get("init")
    init_path = init if isinstance(init, str) and init not in INITS else None
    texts = {name: text for name, text in options.settings.items() if name != "init" or init_path is None}
    base = without_machine_settings(recipe["settings"]) if recipe else preset.settings if preset else {}
    settings = settings_from(texts, base)
    size = max(recipe["size"]) if recipe and options.size is None else options.size
    require_size(size)
    styles = preset_styles(preset) if preset else _read_styles(options.styles)
    styles = _with_weights(styles, recipe) if recipe else styles
    return ResolvedJob(
        styles,
        settings,
        guides=_read_guides(options.guides, len(styles), size),
        mask=None if options.mask is None else _read_mask(options.mask, size),
        init=None if init_path is None else flatten(image_files.read_image(init_path, longest=size).pixels),
        size=size,
        preset=preset.slug if preset else None,
        recipe=recipe,
        strength_map=None if options.strength_map is None else _read_mask(options.strength_map, size),
        files=tuple(_file_digest(path) for path in (options.mask, init_path, options.strength_map, *options.guides)),
    )


def read_content(path: str, size: int | None, page: int | None = None) -> DecodedImage:
    """The content: the page-th picture of its file, resized to that longest edge. Raises InvalidImageError.

    The size limits hold for the resized picture: with --size a file may be larger or smaller.
    """
    try:
        source = image_files.read_image(path, page, size)
        if size is None:
            image_files.require_usable(source.pixels, path)
            return source
    except (ImageTooLargeError, ImageTooSmallError) as error:
        if size is not None:
            raise
        raise type(error)(error.message, f"{error.remedy}, or --size to paint it at another") from error
    height, width = source.pixels.shape[:2]
    scale = size / max(height, width)
    sized = resize(source.pixels, max(1, round(height * scale)), max(1, round(width * scale)))
    image_files.require_usable(sized, f"{path} at this --size")
    return replace(source, pixels=sized)


def _preset(options: JobOptions, recipe: Mapping[str, Any]) -> lookup.Preset | None:
    """The preset of the options, or otherwise that of the recipe."""
    if options.preset and options.styles:
        raise InvalidSettingError("the style is not clear", "give either --style or --preset")
    if options.preset is None and not options.styles and recipe and "preset" not in recipe:
        raise InvalidSettingError("the recipe was made with pictures of its maker's", "give them with --style")
    name = options.preset or (None if options.styles else recipe.get("preset"))
    return lookup.load_preset(name) if name else None


def _with_weights(styles: tuple[Style, ...], recipe: Mapping[str, Any]) -> tuple[Style, ...]:
    """The styles with the weights of the recipe."""
    weights = [entry["weight"] for entry in recipe["styles"]]
    if len(weights) != len(styles):
        return styles  # `require_same` refuses them
    return tuple(replace(style, weight=weight) for style, weight in zip(styles, weights, strict=True))


def _read_guides(guides: tuple[str, ...], styles: int, size: int | None) -> tuple[Float | None, ...]:
    """One for each style."""
    if not guides:
        return (None,) * styles
    if len(guides) != styles:
        counts = f"{len(guides)} for {styles} styles" if styles > 1 else f"{len(guides)} for one style"
        raise InvalidSettingError(f"the guides do not match: {counts}", f"give one for each, {NO_GUIDE} for none")
    return tuple(None if path == NO_GUIDE else _read_mask(path, size) for path in guides)


def _read_mask(path: str, size: int | None) -> Float:
    """(H, W, 1) in [0, 1]: the luminance of a picture, 0 where it is transparent."""
    pixels = image_files.read_image(path, longest=size).pixels
    light = pixels[..., :3] @ (0.2126, 0.7152, 0.0722)
    light = light * pixels[..., 3] if pixels.shape[2] == 4 else light
    mask: Float = light[..., None].astype("float32")
    return mask


def _resized_mask(mask: Float | None, height: int, width: int) -> Float | None:
    """The mask (h, w, 1) as (height, width)."""
    return None if mask is None else resize(mask, height, width)[..., 0]


def _file_digest(path: str | None) -> str | None:
    return None if path in (None, NO_GUIDE) else file_digest(Path(path))


def _read_styles(texts: tuple[str, ...]) -> tuple[Style, ...]:
    parsed = [path_and_weight(text) for text in texts]
    if not any(weight for _, weight in parsed):
        raise InvalidSettingError("every style has the weight 0", "give at least one of them more")
    styles = tuple(decoded_style(image_files.read_bytes(Path(path)), path, weight) for path, weight in parsed)
    for style, (path, _) in zip(styles, parsed, strict=True):
        image_files.require_usable(style.pixels, path)
    return styles
