"""Checks the set-up from inside GIMP, and installs an engine."""
