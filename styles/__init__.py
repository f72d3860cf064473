"""The program that paints the built-in styles."""
