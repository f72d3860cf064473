"""The state machine of the window: previews, variations, tiles, painting. No widgets."""
