"""Composition root: turns settings into the stages' own values, builds, starts, drains, stops."""
