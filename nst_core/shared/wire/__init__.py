"""The wire between host and engine: frames, messages, and what may stand in them."""
