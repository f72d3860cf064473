"""The window's three columns: those at the sides keep the widths they are given, the middle one has the rest."""

from __future__ import annotations

from gimp_plugin.libgtk import Gtk

BEFORE, BEHIND = 3, 10  # px between columns and a border that is dragged, whose handle lies behind its line


class Columns(Gtk.Paned):  # type: ignore[misc] # gi ships no types
    """Three widgets side by side; the borders between them can be moved, by mouse and keys (F8)."""

    def __init__(self, left: Gtk.Widget, middle: Gtk.Widget, right: Gtk.Widget) -> None:
        super().__init__()
        self._left, self._right = left, right
        self._wanted: int | None = None  # width of the right one, px, until there is space for it
        self._inner = Gtk.Paned()
        for widget, margins in ((left, (0, BEFORE)), (middle, (BEHIND, BEFORE)), (right, (BEHIND, 0))):
            widget.set_margin_start(margins[0])
            widget.set_margin_end(margins[1])
        self._inner.pack1(middle, resize=True, shrink=False)
        self._inner.pack2(right, resize=False, shrink=False)
        self.pack1(left, resize=False, shrink=False)
        self.pack2(self._inner, resize=True, shrink=False)
        self._inner.connect_after("size-allocate", lambda *_args: self._settle())

    @property
    def sides(self) -> tuple[int, int]:
        """Widths of the left and the right one, px."""
        return self._left.get_allocated_width(), self._right.get_allocated_width()

    def set_sides(self, sides: tuple[int, int] | None) -> None:
        """Set these widths, as far as there is space; None: their natural widths."""
        if sides is not None:
            self.set_position(sides[0] + BEFORE)
            self._wanted = sides[1]

    def _settle(self) -> None:
        if self._wanted is not None and self._inner.get_allocated_width() > 1:
            handle = self._inner.get_handle_window()
            width = handle.get_width() if handle else 0
            space = self._inner.get_allocated_width() - width - BEHIND
            self._inner.set_position(max(0, space - self._wanted))
            self._wanted = None
