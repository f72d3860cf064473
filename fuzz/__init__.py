"""Feeds bad input to everything that reads what others made. Never part of the package that is installed."""
