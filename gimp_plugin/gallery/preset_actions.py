"""Actions on presets: save, update, rename, delete, import, export, with messages and undo.

Errors are shown in the gallery's notice, and are not raised.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_plugin import picks as styles
from gimp_plugin.looks import style_sources, thumbnails
from gimp_plugin.picks import Pick, Picks
from gimp_plugin.translation import _
from gimp_plugin.wording import in_sentences
from nst_core.shared.errors import BrokenPresetError, NeuralStyleError
from nst_core.shared.presets import archive, library, lookup
from nst_core.shared.presets.library import DeletedPreset, Draft
from nst_core.shared.settings import Value, all_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gimp_plugin.libgtk import GdkPixbuf
    from gimp_plugin.widgets.notice import Notice
    from nst_core.shared.presets.lookup import Preset


@dataclass(frozen=True)
class PresetContext:
    """What the actions need. picks, settings: return the current ones.

    show: shows changed presets, and chooses this one. painted: returns a picture painted with them, None without one.
    """

    picks: Callable[[], Picks]
    settings: Callable[[], dict[str, Value]]
    show: Callable[[Pick | None], None]
    notice: Notice
    painted: Callable[[], GdkPixbuf.Pixbuf | None]


class PresetActions:
    """The actions of the menu."""

    def __init__(self, context: PresetContext) -> None:
        self._context = context

    def chosen(self) -> Preset | None:
        """The preset, if it is the only chosen style and valid; otherwise None."""
        entries = self._context.picks().entries
        return self.of(entries[0]) if len(entries) == 1 else None

    def of(self, pick: Pick) -> Preset | None:
        """The preset of a pick; None for other styles and invalid presets."""
        if pick.kind != "preset":
            return None
        try:
            return lookup.load_preset(pick.key)
        except NeuralStyleError:
            return None

    def suggested_title(self) -> str:
        """A suggested title for a new preset."""
        return " + ".join(pick.plain_title for pick in self._context.picks().entries)

    def save(self, title: str) -> None:
        """Save the current styles and settings as a new preset."""
        with self._showing_errors():
            preset = library.save(self._draft(title))
            self._context.show(styles.of_preset(preset))
            self._context.notice.inform(_("Saved “{title}”").format(title=preset.title))

    def update(self) -> None:
        """Update the chosen preset with the current settings."""
        preset = self.chosen()
        if preset is None:
            return
        with self._showing_errors():
            before = library.to_draft(preset)
            library.update(preset.slug, dataclasses.replace(before, settings=self._preset_settings()))
            self._inform(
                _("“{title}” has the settings of now"),
                preset.title,
                lambda: _uncovered(preset.slug) if preset.builtin else library.update(preset.slug, before),
            )

    def rename(self, preset: Preset, title: str) -> None:
        """Change the title of a preset. The choice stays."""
        with self._showing_errors():
            renamed = styles.of_preset(library.rename(preset.slug, title))
            alone = [pick.key for pick in self._context.picks().entries] == [renamed.key]
            self._context.show(renamed if alone else None)

    def delete_chosen(self) -> None:
        """Delete the chosen preset; the notice has a button to undo that."""
        preset = self.chosen()
        if preset is not None:
            self.delete(preset.slug)

    def delete(self, slug: str) -> None:
        """Delete a preset, also a broken one; the notice has a button to undo that."""
        with self._showing_errors():
            title = _title(slug)
            deleted = library.delete(slug)
            self._context.show(None)
            self._inform(_("Deleted “{title}”"), title, lambda: _restored(deleted))

    def import_file(self, path: Path) -> None:
        """Import a preset file."""
        with self._showing_errors():
            preset = archive.import_preset(path)
            self._context.show(styles.of_preset(preset))
            self._context.notice.inform(_("Imported “{title}”").format(title=preset.title))

    def export(self, preset: Preset, path: Path) -> None:
        """Export a preset to a file."""
        with self._showing_errors():
            archive.export_preset(preset, path)
            self._context.notice.inform(_("Wrote {name}").format(name=path.name))

    def _inform(self, text: str, title: str, undo: Callable[[], Preset | None]) -> None:
        def take_back() -> None:
            with self._showing_errors():
                preset = undo()
                self._context.show(styles.of_preset(preset) if preset else None)

        self._context.notice.inform(text.format(title=title), take_back)

    @contextlib.contextmanager
    def _showing_errors(self) -> Iterator[None]:
        try:
            yield
        except NeuralStyleError as error:
            self._context.notice.warn(in_sentences(error))

    def _preset_settings(self) -> dict[str, Value]:
        names = {setting.name for setting in all_settings() if setting.info.scope == "look"}
        return {name: value for name, value in self._context.settings().items() if name in names}

    def _draft(self, title: str) -> Draft:
        picks = self._context.picks()
        sources = [lookup.load_preset(pick.key) for pick in picks.entries if pick.kind == "preset"]
        painted = self._context.painted()
        small = [painted] if painted else [picture for pick in picks.entries if (picture := _small(pick)) is not None]
        alone = len(picks.entries) == 1
        return Draft(
            title,
            picks.pictures(style_sources.encode),
            self._preset_settings(),
            description=sources[0].description if sources and alone else "",
            credits="; ".join(dict.fromkeys(source.credits for source in sources if source.credits)),
            thumbnail=thumbnails.as_jpeg(small) if small else None,
        )


def _title(slug: str) -> str:
    """The title of a preset; of a broken one its slug."""
    try:
        return lookup.load_preset(slug).title
    except BrokenPresetError:
        return slug


def _uncovered(slug: str) -> Preset:
    """Restore the built-in preset by deleting the own one that hides it."""
    library.delete(slug)
    return lookup.load_preset(slug)


def _restored(deleted: DeletedPreset) -> Preset | None:
    """Restore a deleted preset. Returns None if it was broken before."""
    try:
        return library.restore(deleted)
    except BrokenPresetError:
        return None


def _small(pick: Pick) -> GdkPixbuf.Pixbuf | None:
    if pick.kind == "layer":
        return style_sources.thumbnail(pick.key, thumbnails.STORED)
    path = lookup.load_preset(pick.key).thumbnail if pick.kind == "preset" else Path(pick.key)
    return thumbnails.of_file(path)
