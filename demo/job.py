"""Runs inside GIMP: opens a photograph, calls the filter, saves the result, by the JSON object in `DEMO_JOB`."""

import json
import os

from gi.repository import Gimp, Gio

job = json.loads(os.environ["DEMO_JOB"])
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(job["photograph"]))
procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
if procedure is None:
    raise SystemError("GIMP did not take the plug-in")
config = procedure.create_config()
config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
config.set_property("image", image)
config.set_core_object_array("drawables", image.get_selected_layers())
for name, value in job["arguments"].items():
    config.set_property(name, value)
result = procedure.run(config)
if result.index(0) != Gimp.PDBStatusType.SUCCESS:
    raise SystemError(Gimp.get_pdb().get_last_error())
for path in job["outputs"]:
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path), None)
image.delete()
