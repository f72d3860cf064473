"""The window of the check: a line for each finding, and a button that copies all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from gimp_plugin.libgimp import GLib
from gimp_plugin.libgtk import Gdk, GimpUi, Gtk, Pango
from gimp_plugin.translation import _, ngettext
from gimp_plugin.widgets.theme import make_transparent
from gimp_plugin.wording import sentence
from nst_core.shared.client.launch import resource_error
from nst_core.shared.wire.findings import of_error

if TYPE_CHECKING:
    from nst_core.shared.wire.findings import Finding

Examine = Callable[[Callable[["Finding"], None]], None]

SUBJECTS = {
    "gimp": "GIMP",
    "python": "Python",
    "onnx": "ONNX Runtime",
    "torch": "PyTorch",
    "engine.json": _("Where the engine is"),
    "engine": _("Engine"),
    "weights": _("The network that knows styles"),
    "memory": _("Memory"),
    "presets": _("Presets"),
    "locale": _("File names"),
}
"""Labels of the subjects of findings."""
ICONS = {"ok": "object-select-symbolic", "note": "dialog-information-symbolic", "problem": "dialog-warning-symbolic"}
COPY = 1
SIZE = (720, 480)
GAP = 12


def show(first: Finding, examine: Examine) -> list[Finding]:
    """Show `first` and the findings of `examine`, which runs in a thread; return all when the window is closed."""
    GimpUi.init("neural-style")
    window = _Window()
    window.add_finding(first)

    def work() -> None:
        examine(lambda finding: GLib.idle_add(window.add_finding, finding))
        GLib.idle_add(window.finish)

    try:
        threading.Thread(target=work, name="check", daemon=True).start()
    except (RuntimeError, MemoryError) as error:
        window.add_finding(of_error("engine", resource_error(error)))
        window.finish()
    while window.run() == COPY:
        window.copy()
    window.close()
    return window.findings


class _Window:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._open = True
        self._dialog = GimpUi.Dialog(title=_("Neural Style: Check Set-up"), role="neural-style-check")
        self._copy = self._dialog.add_button(_("_Copy"), COPY)
        self._dialog.add_button(_("C_lose"), Gtk.ResponseType.CLOSE)
        self._dialog.set_default_response(Gtk.ResponseType.CLOSE)
        self._dialog.set_default_size(*SIZE)
        self._spinner = Gtk.Spinner(active=True)
        self._verdict = Gtk.Label(label=_("Trying everything that a painting needs…"), xalign=0.0, wrap=True)
        self._list = Gtk.ListBox(selection_mode=Gtk.SelectionMode.NONE)
        self._list.get_accessible().set_name(_("Findings"))
        head = Gtk.Box(spacing=GAP)
        head.add(self._spinner)
        head.add(self._verdict)
        scrolled = Gtk.ScrolledWindow(
            hscrollbar_policy=Gtk.PolicyType.NEVER, shadow_type=Gtk.ShadowType.IN, vexpand=True
        )
        scrolled.add(self._list)
        box = self._dialog.get_content_area()
        box.set_spacing(GAP)
        box.set_border_width(GAP)
        box.add(head)
        box.add(scrolled)
        self._dialog.show_all()

    def run(self) -> int:
        """Wait until the window is closed."""
        return int(self._dialog.run())

    def close(self) -> None:
        """Remove the window; later findings are not shown."""
        self._open = False
        self._dialog.destroy()

    def add_finding(self, finding: Finding) -> None:
        """Add a line."""
        if self._open:
            self.findings.append(finding)
            self._list.add(_row(finding))

    def finish(self) -> None:
        """The examination has ended."""
        if not self._open:
            return
        self._spinner.stop()
        self._spinner.hide()
        count = sum(finding.state == "problem" for finding in self.findings)
        text = ngettext("{number} thing needs mending.", "{number} things need mending.", count)
        self._verdict.set_text(text.format(number=count) if count else _("Everything works."))

    def copy(self) -> None:
        """Copy all lines to the clipboard, as `neural-style doctor` prints them."""
        clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
        clipboard.set_text("".join(f"{finding}\n" for finding in self.findings), -1)
        clipboard.store()
        self._copy.set_label(_("Copied"))


def _row(finding: Finding) -> Gtk.ListBoxRow:
    row = Gtk.ListBoxRow(activatable=False)
    texts = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    subject = SUBJECTS.get(finding.subject, finding.subject)
    title = _label(f"{subject} ({finding.where})" if finding.where else subject, bold=True)
    texts.add(title)
    texts.add(_label(sentence(finding.text)))
    if finding.remedy:
        texts.add(_label(sentence(finding.remedy), bold=finding.state == "problem"))
    line = Gtk.Box(spacing=GAP, border_width=GAP // 2)
    line.add(Gtk.Image(icon_name=ICONS[finding.state], icon_size=Gtk.IconSize.BUTTON, valign=Gtk.Align.START))
    line.add(texts)
    row.add(line)
    row.get_accessible().set_name(str(finding))
    row.show_all()
    return row


def _label(text: str, *, bold: bool = False) -> Gtk.Label:
    label = Gtk.Label(label=text, xalign=0.0, wrap=True, wrap_mode=Pango.WrapMode.WORD_CHAR, selectable=True)
    make_transparent(label)
    if bold:
        attributes = Pango.AttrList()
        attributes.insert(Pango.attr_weight_new(Pango.Weight.BOLD))
        label.set_attributes(attributes)
    return label
