"""The pool's logger, under one name for all its parts."""

from __future__ import annotations

import logging

log = logging.getLogger("app.pool")
