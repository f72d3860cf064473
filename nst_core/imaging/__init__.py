"""Pictures: files, sizes, colours, and what they show."""
