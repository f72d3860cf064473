"""A notification on the desktop. Without a notification service nothing happens."""

from __future__ import annotations

from pathlib import Path

from gimp_plugin.libgimp import Gio, GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
PORTAL, PORTAL_PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
IDENTITY, DESKTOP = "neural-style", "gimp"  # ours, and GIMP's own desktop file and icon
SANDBOX = Path("/.flatpak-info")


def notify(title: str, body: str) -> None:
    """Show a notification, without waiting for an answer."""
    if not _has_bus():  # GIO would start one, or wait for one
        return
    try:
        bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        if SANDBOX.exists():
            shown = {"title": GLib.Variant("s", title), "body": GLib.Variant("s", body)}
            method = (PORTAL, PORTAL_PATH, "org.freedesktop.portal.Notification", "AddNotification")
            parameters = GLib.Variant("(sa{sv})", (IDENTITY, shown))
        else:
            hints = {"desktop-entry": GLib.Variant("s", DESKTOP)}
            method = (NAME, PATH, NAME, "Notify")
            marked_up = GLib.markup_escape_text(body)
            parameters = GLib.Variant("(susssasa{sv}i)", ("GIMP", 0, DESKTOP, title, marked_up, [], hints, -1))
        bus.call(*method, parameters, None, Gio.DBusCallFlags.NONE, -1, None, None)
        bus.flush_sync(None)  # this program may end at once
    except GLib.Error:
        return


def _has_bus() -> bool:
    if GLib.getenv("DBUS_SESSION_BUS_ADDRESS"):
        return True
    folder = GLib.getenv("XDG_RUNTIME_DIR")
    return bool(folder) and (Path(folder) / "bus").exists()
