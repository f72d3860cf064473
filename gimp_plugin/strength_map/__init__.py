"""The strength map in the window: chosen from the image, drawn with a brush, or made from faces."""
