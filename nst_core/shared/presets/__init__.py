"""Named looks: found, read, saved, changed and given away."""
