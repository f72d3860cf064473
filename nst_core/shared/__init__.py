"""What engine and plug-in share: standard library only, Python 3.10 and later; copied into GIMP whole."""
