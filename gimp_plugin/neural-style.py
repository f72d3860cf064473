#!/usr/bin/env python3
# ruff: noqa: N999 - GIMP starts the file that is named like its folder
"""What GIMP starts: hands the plug-in to GIMP. GIMP also runs it at its own start to ask what it offers."""

import sys

from gimp_plugin.libgimp import Gimp
from gimp_plugin.procedures.plug_in import NeuralStyle

Gimp.main(NeuralStyle.__gtype__, sys.argv)
