"""The filter's window."""
