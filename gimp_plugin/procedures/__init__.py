"""What GIMP calls: the plug-in's procedures, with a window or without."""
