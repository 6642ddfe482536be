"""Composition root: turns settings into the stages' own values, builds, starts, drains, stops."""

from app.bootstrap.running import serve

__all__ = ["serve"]
