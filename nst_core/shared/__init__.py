"""What engine and plug-in share. Copied into GIMP whole, so: standard library only, Python 3.10 and later."""
