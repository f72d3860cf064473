"""The demonstration: a real GIMP 3, the plug-in in a profile of its own, one photograph, one preset."""
