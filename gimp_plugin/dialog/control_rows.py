"""One control for each setting: a widget for its type, bound to GIMP's config, with a button that resets it."""

from __future__ import annotations

import math
import random
import re
from typing import TYPE_CHECKING, Any

from gimp_plugin.arguments import property_name
from gimp_plugin.image.regions import EVERYWHERE
from gimp_plugin.libgimp import Gimp, GObject
from gimp_plugin.libgtk import GimpUi, Gtk, Pango
from gimp_plugin.translation import _
from gimp_plugin.widgets.describe import describe
from gimp_plugin.widgets.wheel import scroll_only_with_focus
from nst_core.shared.settings import Option, Setting, SettingInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

SPACE = 6  # pixels
ID = 1  # the column of a list's rows that names the option
WIDEST = 1000  # a range that is wider makes no useful slider
LOGARITHMIC = 8  # from this ratio of the ends on, a slider has its geometric mean in the middle
PIPS = ((0.27, 0.27), (0.73, 0.27), (0.5, 0.5), (0.27, 0.73), (0.73, 0.73))
BOTH_WAYS = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE


class Row:
    """A setting's widgets: `label`, unless the control shows it itself; `body`; `reset`."""

    def __init__(self, config: Gimp.ProcedureConfig, setting: Setting, label: str) -> None:
        """label: translated, with its mnemonic."""
        self.name = setting.name
        self._available: Collection[str] | None = None  # the options that this machine has; None: unknown
        self.body, focusable = _body(config, setting, label)
        scroll_only_with_focus(focusable)
        if isinstance(focusable, Gtk.ComboBoxText):
            for cell in focusable.get_cells():
                focusable.set_cell_data_func(cell, self._show_option)
        shows_label = isinstance(self.body, (Gtk.CheckButton, GimpUi.SpinScale))
        self.label = None if shows_label else Gtk.Label(label=label, use_underline=True, xalign=0.0)
        plain, tooltip = _(setting.info.label), _tooltip(setting.info)
        focusable.get_accessible().set_name(plain)
        focusable.get_accessible().set_description(_(setting.info.help))
        self.body.set_tooltip_text(tooltip)
        if self.label:
            self.label.set_line_wrap(True)  # for languages with long words
            self.label.set_mnemonic_widget(focusable)
            self.label.set_tooltip_text(tooltip)
        self.reset = _small_button(Gtk.Image.new_from_icon_name(GimpUi.ICON_RESET, Gtk.IconSize.MENU))
        describe(self.reset, _("Reset {name}").format(name=plain))

    def enable_only(self, options: Collection[str]) -> None:
        """Disable other options than these. The current choice stays."""
        self._available = options
        self.body.queue_draw()

    def _show_option(self, _combo: Gtk.ComboBoxText, cell: Gtk.CellRenderer, rows: Gtk.TreeModel, at: Any) -> None:
        cell.set_property("sensitive", self._available is None or rows.get_value(at, ID) in self._available)


def declared(config: Gimp.ProcedureConfig, name: str) -> Setting:
    """An argument that is not a setting, in the form of one, with translated texts."""
    spec = config.find_property(name)
    label, about = _plain(spec.nick), spec.blurb
    if spec.value_type == GObject.TYPE_BOOLEAN:
        return Setting(name, bool, spec.default_value, SettingInfo(label, about, scope="run", expert=True))
    choice = Gimp.param_spec_choice_get_choice(spec)
    options = [Option(nick, choice.get_label(nick), choice.get_help(nick)) for nick in choice.list_nicks()]
    return Setting(name, str, spec.get_default_value(), SettingInfo(label, about, options=tuple(options), scope="run"))


def declared_region(config: Gimp.ProcedureConfig, name: str) -> Setting:
    """The same for an argument that is a region."""
    about = _("Where the strength counts, and how much. A selection or mask that is chosen here hides nothing.")
    label = _plain(config.find_property(name).nick)
    return Setting(name, str, EVERYWHERE, SettingInfo(label, about, scope="run"))


def _plain(label: str) -> str:
    """A label without its access key, which may stand in brackets."""
    return re.sub(r"\(_\w\)|_", "", label)


def _body(config: Gimp.ProcedureConfig, setting: Setting, label: str) -> tuple[Gtk.Widget, Gtk.Widget]:
    """The whole control, and the widget in it that the mnemonic activates."""
    info, name = setting.info, property_name(setting.name)
    if setting.type is bool:
        check = Gtk.CheckButton(label=label, use_underline=True)
        config.bind_property(name, check, "active", BOTH_WAYS)
        return check, check
    if setting.type is str:
        combo = Gtk.ComboBoxText(hexpand=True)
        for option in info.options:
            combo.append(option.name, _(option.label))
        for cell in combo.get_cells():
            cell.set_property("ellipsize", Pango.EllipsizeMode.END)
        config.bind_property(name, combo, "active-id", BOTH_WAYS)
        return combo, combo
    if info.high - info.low > WIDEST:
        return _number(config, setting)
    slider = _slider(config, info, name)
    slider.set_label(label)
    return slider, slider


def _slider(config: Gimp.ProcedureConfig, info: SettingInfo, name: str) -> GimpUi.SpinScale:
    digit = math.floor(math.log10((info.high - info.low) / 50))
    slider = GimpUi.prop_spin_scale_new(config, name, 10.0**digit, 10.0 ** (digit + 1), max(1, -digit))
    if info.low > 0 and info.high / info.low >= LOGARITHMIC:
        middle = math.sqrt(info.low * info.high)
        slider.set_gamma(math.log((middle - info.low) / (info.high - info.low), 0.5))
    slider.set_activates_default(True)
    slider.set_hexpand(True)
    return slider


def _number(config: Gimp.ProcedureConfig, setting: Setting) -> tuple[Gtk.Widget, Gtk.Widget]:
    info, whole = setting.info, setting.type is int
    adjustment = Gtk.Adjustment(lower=info.low, upper=info.high, step_increment=1, page_increment=10)
    spin = Gtk.SpinButton(adjustment=adjustment, digits=0 if whole else 1, activates_default=True, width_chars=12)
    config.bind_property(property_name(setting.name), spin, "value", BOTH_WAYS)
    spin.set_hexpand(True)
    if info.unit:
        spin.connect("output", _show_amount, info)
    if not whole:
        return spin, spin
    row = Gtk.Box(spacing=SPACE)
    row.add(spin)
    row.add(_dice(lambda: spin.set_value(random.randint(int(info.low), int(info.high)))))  # noqa: S311 - no secret
    return row, spin


def _show_amount(spin: Gtk.SpinButton, info: SettingInfo) -> bool:
    """Show the number with its unit, or the word for 0. Typed texts that are not numbers count as 0."""
    number = spin.get_value()
    text = _("{number} {unit}").format(number=f"{number:n}", unit=_(info.unit)) if number else _(info.zero)
    if spin.get_text() != text:
        spin.set_text(text)
    return True


def _dice(throw: Callable[[], None]) -> Gtk.Button:
    face = Gtk.DrawingArea()
    face.set_size_request(16, 16)
    face.connect("draw", _draw_dice)
    button = _small_button(face)
    button.connect("clicked", lambda _button: throw())
    describe(button, _("Throw the dice: another variation"))
    return button


def _draw_dice(face: Gtk.DrawingArea, canvas: Any) -> bool:
    """Draw dice in the theme's text colour; icon themes have no such icon."""
    side = min(face.get_allocated_width(), face.get_allocated_height())
    style = face.get_style_context()
    color = style.get_color(style.get_state())
    canvas.set_source_rgba(color.red, color.green, color.blue, color.alpha)
    canvas.translate((face.get_allocated_width() - side) / 2, (face.get_allocated_height() - side) / 2)
    canvas.set_line_width(1.2)
    radius, low, high = 0.16 * side, 0.06 * side, 0.94 * side
    for turn, (x, y) in enumerate(((high, low), (high, high), (low, high), (low, low)), -1):
        inward_x, inward_y = (radius if x == low else -radius), (radius if y == low else -radius)
        canvas.arc(x + inward_x, y + inward_y, radius, turn * math.pi / 2, (turn + 1) * math.pi / 2)
    canvas.close_path()
    canvas.stroke()
    for x, y in PIPS:
        canvas.arc(x * side, y * side, 0.085 * side, 0, 2 * math.pi)
        canvas.fill()
    return True


def _small_button(picture: Gtk.Widget) -> Gtk.Button:
    button = Gtk.Button(relief=Gtk.ReliefStyle.NONE, valign=Gtk.Align.CENTER)
    button.add(picture)
    return button


def _tooltip(info: SettingInfo) -> str:
    lines = [_(info.help), *(f"{_(option.label)}: {_(option.help)}" for option in info.options if option.help)]
    return "\n".join(lines)
