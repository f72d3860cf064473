"""A notification service that writes each notification as a line to a file. Argument: the file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gi.repository import Gio, GLib

NAME = "org.freedesktop.Notifications"
INTERFACE = """<node><interface name='org.freedesktop.Notifications'><method name='Notify'>
<arg type='s' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>
<arg type='s' direction='in'/><arg type='as' direction='in'/><arg type='a{sv}' direction='in'/>
<arg type='i' direction='in'/><arg type='u' direction='out'/></method></interface></node>"""


def main(file: Path) -> None:
    def called(*call: Any) -> None:
        words, invocation = call[5].unpack(), call[6]
        with file.open("a") as out:
            out.write(json.dumps({"title": words[3], "body": words[4]}) + "\n")
        invocation.return_value(GLib.Variant("(u)", (1,)))

    def ready(bus: Gio.DBusConnection, _name: str) -> None:
        bus.register_object("/org/freedesktop/Notifications", interface.interfaces[0], called, None, None)

    interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE)
    Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE, ready, lambda *_: file.touch(), None)
    GLib.MainLoop().run()


main(Path(sys.argv[1]))
