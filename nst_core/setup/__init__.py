"""Installs the plug-in into GIMP, and examines engine and GIMP."""
