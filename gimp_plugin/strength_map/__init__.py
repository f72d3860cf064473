"""Where the strength counts, as the artist says it in the window: chosen, drawn with a brush, or taken from faces."""
