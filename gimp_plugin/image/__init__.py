"""The artist's image: what of it is painted, and how paintings come into it."""
