"""The preview: which part of a layer, before and after."""
