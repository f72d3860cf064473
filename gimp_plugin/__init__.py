"""The plug-in: GIMP's side of Neural Style. Standard library and gi only; runs in GIMP's own Python."""
