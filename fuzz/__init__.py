"""Fuzzing of the code that reads foreign input; not part of the installed package."""
