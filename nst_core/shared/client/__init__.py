"""The host's side of the wire: find the engine, start it, talk to it, end it."""
