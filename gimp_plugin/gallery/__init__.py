"""Choosing styles: presets, pictures, layers, and blends of them."""
