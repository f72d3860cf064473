"""Small parts of windows that know nothing of styles."""
