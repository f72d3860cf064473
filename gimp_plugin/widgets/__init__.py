"""Small general widgets."""
