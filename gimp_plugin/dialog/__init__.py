"""The filter's window: its state, its controls, the engine behind it."""
