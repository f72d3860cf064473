"""Translation by gettext with the catalogs in `locale/`; English if there is none.

GIMP passes the language of its preferences in the environment, where gettext finds it.
"""

from __future__ import annotations

import gettext
from pathlib import Path

DOMAIN = "gimp-neural-style"
CATALOGS = Path(__file__).resolve().parent / "locale"

_found = gettext.translation(DOMAIN, CATALOGS, fallback=True)
_ = _found.gettext
ngettext = _found.ngettext
