"""Runs inside a GIMP with a window: opens the filter's dialog, and sees what came of it.

gimp_window.sh presses the keys. `NST_WINDOW` names a JSON file with the order: `photograph`, `answers` (the file to
write), `painted` (a file that tells the shell script that the filter is done).
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from gi.repository import Gimp, Gio

ORDER = json.loads(Path(os.environ["NST_WINDOW"]).read_text())


def main() -> None:
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(ORDER["photograph"]))
    image.clean_all()
    Gimp.Display.new(image)
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.INTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", image.get_selected_layers())
    result = procedure.run(config)
    answers = {
        "status": result.index(0).value_nick,
        "message": Gimp.get_pdb().get_last_error(),
        "layers": [layer.get_name() for layer in image.get_layers()],
        "saved": {name: bytes(image.get_parasite(name).get_data()).decode() for name in image.get_parasite_list()},
    }
    Path(ORDER["painted"]).touch()
    deadline = time.monotonic() + 60
    while len(image.get_layers()) != 1 and time.monotonic() < deadline:
        time.sleep(0.2)
    answers["layers after one undo"] = [layer.get_name() for layer in image.get_layers()]
    answers["clean after one undo"] = not image.is_dirty()
    Path(ORDER["answers"]).write_text(json.dumps(answers))


main()
