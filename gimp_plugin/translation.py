"""The artist's language: gettext over the catalogs in `locale/`, English where there is none.

GIMP passes the language chosen in its preferences on in the environment, where gettext looks for it.
"""

from __future__ import annotations

import gettext
from pathlib import Path

DOMAIN = "gimp-neural-style"
CATALOGS = Path(__file__).resolve().parent / "locale"

_found = gettext.translation(DOMAIN, CATALOGS, fallback=True)
_ = _found.gettext
ngettext = _found.ngettext
