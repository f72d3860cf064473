"""Numeric libraries behind one contract, and the objective in tiles."""
