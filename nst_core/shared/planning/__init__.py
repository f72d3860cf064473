"""Which resolutions, for how many steps, in which time and memory."""
