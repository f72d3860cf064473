"""What `python -m nst_core.worker` runs."""

from __future__ import annotations

from nst_core.system.huge_pages import take_huge_pages
from nst_core.worker.server import main

if __name__ == "__main__":
    take_huge_pages()
    main()
