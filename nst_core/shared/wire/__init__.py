"""The wire between host and engine: frames, messages, and their validation."""
