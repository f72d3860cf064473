"""The controls of all settings, expert ones in an expander, bound to GIMP's config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.dialog.control_rows import SPACE, Row, declared, declared_region
from gimp_plugin.libgtk import Gtk
from gimp_plugin.translation import _
from gimp_plugin.widgets.access_keys import access_key, with_keys
from gimp_plugin.widgets.theme import dim
from nst_core.shared.settings import Value, all_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gimp_plugin.libgimp import Gimp
    from gimp_plugin.strength_map.where import Where


OTHERS = (
    *(_("Styli_ze"), _("_Cancel"), _("Stop and _keep"), _("Insert and sta_y"), _("I_n colour, as a new image")),
    *(_("_Reset"), _("_More settings"), _("_Undo"), _("_Draw"), _("_Variations…"), _("_Help")),
    *(_("_Presets"), _("Ch_oose picture…"), _("From _layer…")),
)
"""Labels of other parts of the window, whose access keys are in use."""


class Controls(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Controls for `config`. A reset goes back to the settings in `preset`, for others to the defaults."""

    def __init__(
        self,
        config: Gimp.ProcedureConfig,
        preset: Mapping[str, Value],
        on_change: Callable[[], None],
        where: Where | None = None,
        *,
        refining: bool = False,
        visible_only: bool = False,
    ) -> None:
        """where: the control for the region of the strength, if there is one.

        refining: a painted layer is refined, so the choice of the start image is replaced by a text. visible_only: only
        what the image shows can be painted.
        """
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=2 * SPACE)
        self._config = config
        self._refining = refining
        self._fixed = {arguments.INPUT: arguments.VISIBLE} if visible_only else {}
        self._on_change = on_change
        self._preset = dict(preset)
        self._estimate = Gtk.Label(xalign=1.0, wrap=True)
        dim(self._estimate)
        others = [*([] if refining else [arguments.INPUT]), arguments.OUTPUT, arguments.AS_SEEN]
        self._all = [*all_settings(), *(declared(config, name) for name in others)]
        if where is not None:
            below = [setting.name for setting in self._all].index("keep_faces") + 1
            self._all.insert(below, declared_region(config, arguments.STRENGTH_MAP))
        taken = "".join(map(access_key, OTHERS))
        labels = with_keys([_(setting.info.label) for setting in self._all], taken)
        self._rows: dict[str, Row | Where] = {}
        for setting, label in zip(self._all, labels, strict=True):
            if where is not None and setting.name == where.name:
                where.set_texts(label, setting.info.label, setting.info.help)
                self._rows[setting.name] = where
            else:
                self._rows[setting.name] = Row(config, setting, label)
        self.pack_start(self._table(expert=False), expand=False, fill=False, padding=0)
        self.pack_start(self._experts(), expand=False, fill=False, padding=0)
        if all(self.values[name] == default for name, default in _look_defaults().items()):  # nothing was changed
            self.adopt(preset)
        arguments.write(config, self._fixed)
        for name in self._fixed:
            self.of(name).set_sensitive(False)
        for row in self._rows.values():
            row.reset.connect("clicked", lambda _button, name=row.name: self._reset(name))
            config.connect(f"notify::{arguments.property_name(row.name)}", lambda *_: self._changed())
        self._show_resets()

    @property
    def values(self) -> dict[str, Value]:
        """The current settings."""
        return arguments.values_of(self._config)

    @property
    def all_values(self) -> dict[str, Value]:
        """All values that can be set here, by name."""
        return {name: self._config.get_property(arguments.property_name(name)) for name in self._rows}

    def adopt(self, preset: Mapping[str, Value]) -> None:
        """Set a preset's settings, which are the target of resets from now on; other settings stay."""
        self._preset = dict(preset)
        arguments.write(self._config, {**_look_defaults(), **preset})
        self._show_resets()

    def set_values(self, settings: Mapping[str, Value]) -> None:
        """Set other values of some settings."""
        arguments.write(self._config, settings)

    def reset_all(self) -> None:
        """Reset all settings to those of the preset and the defaults."""
        arguments.write(self._config, self._base())

    def enable_only(self, backends: Sequence[str], devices: Sequence[str]) -> None:
        """Disable the backends and devices that this machine does not have."""
        for name, there in (("backend", backends), ("device", devices)):
            row = self._rows[name]
            if isinstance(row, Row):
                row.enable_only({"auto", *there})

    def of(self, name: str) -> Gtk.Widget:
        """The control of a setting."""
        return self._rows[name].body

    def show_estimate(self, text: str) -> None:
        """Show the estimate of a run below the quality."""
        self._estimate.set_text(text)

    def _base(self) -> dict[str, Value]:
        return {setting.name: self._preset.get(setting.name, setting.default) for setting in self._all} | self._fixed

    def _reset(self, name: str) -> None:
        arguments.write(self._config, {name: self._base()[name]})

    def _changed(self) -> None:
        self._show_resets()
        self._on_change()

    def _show_resets(self) -> None:
        base = self._base()
        for name, row in self._rows.items():
            row.reset.set_sensitive(self._config.get_property(arguments.property_name(name)) != base[name])
        if arguments.INPUT in self._rows:  # an image is always shown with the effects of its layers
            by_layers = self._config.get_property(arguments.INPUT) == arguments.LAYERS
            self.of(arguments.AS_SEEN).set_sensitive(by_layers)

    def _table(self, *, expert: bool) -> Gtk.Grid:
        grid = Gtk.Grid(row_spacing=SPACE, column_spacing=SPACE)
        top = 0
        for setting in self._all:
            if setting.info.expert is not expert:
                continue
            row = self._rows[setting.name]
            if setting.name == "init" and self._refining:
                grid.attach(Gtk.Label(label=_(setting.info.label), xalign=0.0), 0, top, 1, 1)
                grid.attach(Gtk.Label(label=_("This layer, as it is"), xalign=0.0), 1, top, 1, 1)
                top += 1
                continue
            if row.label:
                grid.attach(row.label, 0, top, 1, 1)
                grid.attach(row.body, 1, top, 1, 1)
            else:
                grid.attach(row.body, 0, top, 2, 1)
            grid.attach(row.reset, 2, top, 1, 1)
            top += 1
            if setting.name == "quality":
                grid.attach(self._estimate, 0, top, 2, 1)
                top += 1
        return grid

    def _experts(self) -> Gtk.Expander:
        expander = Gtk.Expander(label=_("_More settings"), use_underline=True)
        table = self._table(expert=True)
        table.set_margin_top(SPACE)
        expander.add(table)
        return expander


def _look_defaults() -> dict[str, Value]:
    """The defaults of the settings of scope `look`."""
    return {setting.name: setting.default for setting in all_settings() if setting.info.scope == "look"}
