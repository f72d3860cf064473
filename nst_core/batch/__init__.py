"""Many pictures in one order."""
