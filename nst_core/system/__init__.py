"""The machine: memory, threads, processor, and packages that may be missing."""
