"""VGG19: its layers, its weights, its losses."""
