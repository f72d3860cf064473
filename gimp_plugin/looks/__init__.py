"""What an artist can choose: presets, pictures and layers, and what she chose before. No widgets."""
