"""Picture files: kinds, decoding, colour profiles, metadata, writing."""
