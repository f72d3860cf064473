"""The section *Where* of the controls: a list of regions, the brush, and other ways to make a map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gimp_plugin import arguments
from gimp_plugin.image import regions
from gimp_plugin.image.drawn_maps import DRAWN
from gimp_plugin.libgimp import Gimp, GObject
from gimp_plugin.libgtk import Gdk, GimpUi, Gtk, Pango
from gimp_plugin.strength_map.drawing import BrushMode
from gimp_plugin.strength_map.map_tool import SIZES
from gimp_plugin.translation import _
from gimp_plugin.widgets.buttons import menu_item, text_button
from gimp_plugin.widgets.describe import describe
from gimp_plugin.widgets.theme import dim
from gimp_plugin.widgets.wheel import scroll_only_with_focus
from gimp_plugin.wording import in_sentences
from nst_core.shared.errors import NeuralStyleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gimp_plugin.strength_map.editor import MapEditor

SPACE = 6  # px
BOTH_WAYS = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE


class Where(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """One of the controls, with `name`, `label`, `body` and `reset` like a Row."""

    def __init__(self, editor: MapEditor, config: Gimp.ProcedureConfig, image: Gimp.Image) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        self.name = arguments.STRENGTH_MAP
        self.label = None
        self.body = self
        self.reset = Gtk.Button(relief=Gtk.ReliefStyle.NONE, valign=Gtk.Align.START)
        self.reset.add(Gtk.Image.new_from_icon_name(GimpUi.ICON_RESET, Gtk.IconSize.MENU))
        self._editor, self._config, self._image = editor, config, image
        self._caption = Gtk.Label(use_underline=True, xalign=0.0)
        self._combo = self._list()
        self._text_version: object = None
        self._text = Gtk.Label(xalign=0.0, wrap=True, no_show_all=True)
        dim(self._text)
        self._brush = BrushSettings(editor)
        self._draw = Gtk.ToggleButton(label=_("_Draw"), use_underline=True)
        self._draw.set_tooltip_text(_("Draw on the preview where the strength counts more or less"))
        self._draw.connect("toggled", self._toggled)
        first = Gtk.Box(spacing=SPACE)
        first.pack_start(self._caption, expand=False, fill=False, padding=0)
        first.pack_start(self._combo, expand=True, fill=True, padding=0)
        second = Gtk.Box(spacing=SPACE, homogeneous=True)
        for button in (self._draw, self._more()):
            second.pack_start(button, expand=True, fill=True, padding=0)
        self._brush.show_all()
        self._brush.set_no_show_all(True)  # unlike a revealer it leaves no gap where it is hidden
        self._brush.hide()
        for part in (first, second, self._brush, self._text):
            self.pack_start(part, expand=False, fill=True, padding=0)
        editor.add_listener(self._refresh)
        self._refresh()

    def set_texts(self, label: str, plain: str, about: str) -> None:
        """Set the texts. label: with its mnemonic; plain: without; about: tooltip."""
        self._caption.set_label(label)
        self._caption.set_mnemonic_widget(self._combo)
        for widget in (self._caption, self._combo):
            widget.set_tooltip_text(about)
        self._combo.get_accessible().set_name(plain)
        self._combo.get_accessible().set_description(about)
        describe(self.reset, _("Reset {name}").format(name=plain))

    def connect_keys(self, window: Gtk.Window) -> None:
        """Let Ctrl+Z undo a stroke while the brush is active."""
        keys = Gtk.AccelGroup()
        window.add_accel_group(keys)
        key, control = Gdk.KEY_z, Gdk.ModifierType.CONTROL_MASK
        self._brush.undo.add_accelerator("clicked", keys, key, control, Gtk.AccelFlags.VISIBLE)

    def stop_drawing(self) -> None:
        """Switch the brush off."""
        self._draw.set_active(False)

    def _list(self) -> Gtk.ComboBoxText:
        combo = Gtk.ComboBoxText(hexpand=True)
        for cell in combo.get_cells():
            cell.set_property("ellipsize", Pango.EllipsizeMode.END)
        self._offered: list[tuple[str, str]] = []
        self._offer(combo)
        self._config.bind_property(arguments.STRENGTH_MAP, combo, "active-id", BOTH_WAYS)
        scroll_only_with_focus(combo)
        return combo

    def _offer(self, combo: Gtk.ComboBoxText) -> None:
        """Fill the list with the image's regions. The choice stays."""
        if not self._image.is_valid():
            return
        there = [(region.key, region.title) for region in regions.available(self._image)]
        if self._editor.drawn is not None:
            there.append((DRAWN, _("As drawn")))
        if there == self._offered:
            return
        for key, title in there:
            if (key, title) not in self._offered:
                combo.append(key, title)
        for place in range(len(self._offered) - 1, -1, -1):
            if self._offered[place] not in there:
                combo.remove(place)
        kept = [one for one in self._offered if one in there]
        self._offered = kept + [one for one in there if one not in kept]

    def _refresh(self) -> None:
        self._choose()  # before the region chosen so far is removed from the list
        self._offer(self._combo)
        self._choose()  # a region that was added
        self._brush.refresh()
        if self._text_version != self._editor.version:  # the message was about an earlier map
            self._show_text("")

    def _choose(self) -> None:
        chosen = self._editor.chosen
        if self._combo.get_active_id() != chosen and chosen in [key for key, _title in self._offered]:
            self._combo.set_active_id(chosen)  # emits a signal, even if it is the same

    def _more(self) -> Gtk.MenuButton:
        menu = Gtk.Menu()
        for title, act in (
            (_("Spare the _faces"), lambda: self._draw_faces(around=True)),
            (_("_Only the faces"), lambda: self._draw_faces(around=False)),
            (_("_Invert"), self._editor.invert),
            (_("_Clear"), self._editor.clear),
            (_("_Save as channel"), self._save),
        ):
            menu_item(menu, title, act)
        menu.show_all()
        button = Gtk.MenuButton(popup=menu)
        row = Gtk.Box(spacing=SPACE, halign=Gtk.Align.CENTER)
        row.add(Gtk.Label(label=_("Map")))
        row.add(Gtk.Image.new_from_icon_name("pan-down-symbolic", Gtk.IconSize.MENU))
        button.add(row)
        button.get_accessible().set_name(_("Map"))
        button.set_tooltip_text(_("A map from the faces that are found, and what can be done with the map there is"))
        return button

    def _toggled(self, button: Gtk.ToggleButton) -> None:
        self._editor.activate(active=button.get_active())
        self._brush.set_visible(button.get_active())
        self._brush.refresh()

    def _draw_faces(self, *, around: bool) -> None:
        self._editor.draw_faces(around=around, on_done=self._faces_found)

    def _faces_found(self, count: int) -> None:
        self._show_text("" if count else _("No face was found."))

    def _save(self) -> None:
        try:
            name = self._editor.save().get_name()
        except NeuralStyleError as error:
            self._show_text(in_sentences(error))
            return
        self._offer(self._combo)
        self._show_text(_("Saved as the channel {name}.").format(name=repr(name)))

    def _show_text(self, text: str) -> None:
        self._text_version = self._editor.version
        self._text.set_text(text)
        self._text.set_visible(bool(text))


class BrushSettings(Gtk.Box):  # type: ignore[misc] # gi ships no types
    """Mode, size and softness of the brush, and undo."""

    def __init__(self, editor: MapEditor) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE, margin_start=2 * SPACE)
        self._editor = editor
        self._quiet = False
        self._modes: dict[BrushMode, Gtk.RadioButton] = {}
        self.pack_start(self._mode_buttons(), expand=False, fill=True, padding=0)
        low, high = (100 * share for share in SIZES)
        self._size = self._slider(_("Diameter"), low, high, _("Diameter of the brush, in percent of the layer"))
        self._softness = self._slider(_("Softness"), 0, 100, _("How softly the brush fades out to its border"))
        self._amount = self._slider(_("Amount"), 1, 100, _("How far one stroke goes"))
        about = _("Take back the last stroke (Ctrl+Z)")
        self.undo = text_button(_("Undo the stroke"), about, editor.undo, halign=Gtk.Align.START)
        self.pack_start(self.undo, expand=False, fill=False, padding=0)
        self.refresh()

    def refresh(self) -> None:
        """Show the editor's values."""
        brush = self._editor.brush
        self._quiet = True
        self._modes[brush.mode].set_active(True)
        for slider, share in (
            (self._size, brush.size),
            (self._softness, brush.softness),
            (self._amount, brush.amount),
        ):
            slider.set_value(100 * share)
        self._quiet = False
        self._amount.set_sensitive(brush.mode is not BrushMode.ERASE)
        self.undo.set_sensitive(self._editor.can_undo)

    def _mode_buttons(self) -> Gtk.Box:
        row = Gtk.Box(homogeneous=True)
        row.get_style_context().add_class("linked")
        first = None
        for mode, label, about in (
            (BrushMode.LESS, _("Less"), _("The strength counts less where you draw (X changes between less and more)")),
            (BrushMode.MORE, _("More"), _("The strength counts more where you draw, up to what the slider says")),
            (BrushMode.ERASE, _("Eraser"), _("Takes away what was drawn (E)")),
        ):
            button = Gtk.RadioButton(label=label, draw_indicator=False, group=first)
            button.set_tooltip_text(about)
            button.connect("toggled", lambda _button: self._set())
            self._modes[mode] = button
            first = first or button
            row.pack_start(button, expand=True, fill=True, padding=0)
        return row

    def _slider(self, label: str, low: float, high: float, about: str) -> GimpUi.SpinScale:
        adjustment = Gtk.Adjustment(lower=low, upper=high, step_increment=1, page_increment=10)
        slider = GimpUi.SpinScale.new(adjustment, label, 1 if low % 1 else 0)
        slider.set_tooltip_text(about)
        slider.get_accessible().set_name(label)
        slider.get_accessible().set_description(about)
        scroll_only_with_focus(slider)
        slider.connect("value-changed", lambda _slider: self._set())
        self.pack_start(slider, expand=False, fill=True, padding=0)
        return slider

    def _set(self) -> None:
        if self._quiet:
            return
        mode = next(mode for mode, button in self._modes.items() if button.get_active())
        size, softness, amount = (one.get_value() / 100 for one in (self._size, self._softness, self._amount))
        brush = replace(self._editor.brush, mode=mode, size=size, softness=softness, amount=amount)
        self._editor.set_brush(brush)


def follow_faces(editor: MapEditor, widget: Gtk.Widget) -> None:
    """Outline the detected faces while this control has the pointer or the focus."""
    widget.add_events(Gdk.EventMask.ENTER_NOTIFY_MASK | Gdk.EventMask.LEAVE_NOTIFY_MASK)
    for why, begins, ends in (
        ("mouse", "enter-notify-event", "leave-notify-event"),
        ("keys", "focus-in-event", "focus-out-event"),
    ):
        widget.connect(begins, _shower(editor, why, shown=True))
        widget.connect(ends, _shower(editor, why, shown=False))


def _shower(editor: MapEditor, why: str, *, shown: bool) -> Callable[..., bool]:
    def show(*_event: object) -> bool:
        editor.show_faces(why, shown=shown)
        return False

    return show
