"""Looking after the set-up from inside GIMP: what works, what does not, and what to do about it."""
