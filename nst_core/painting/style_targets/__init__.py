"""What the styles give an octave: regions, copies, patchworks, matched pieces, targets."""
