"""Styles to choose from: presets, pictures and layers, and those that were used before. No widgets."""
