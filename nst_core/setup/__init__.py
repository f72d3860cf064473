"""The plug-in put into GIMP, and what is examined where something does not work."""
