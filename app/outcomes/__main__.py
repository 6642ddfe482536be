"""`python -m app.outcomes`: write the table of replies into the documentation."""

from __future__ import annotations

from pathlib import Path

from app.outcomes.rule_page import write

if __name__ == "__main__":
    write(Path.cwd())
