"""The engine as a process: `python -I -u -m nst_core.worker`."""
