"""What the window does, and when: previews, variations, tiles, painting. No widgets."""
