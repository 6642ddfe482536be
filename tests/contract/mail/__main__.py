"""`python -m tests.contract.mail`: write the tables of faults into docs/mail.md."""

from __future__ import annotations

from tests.contract.mail.fault_page import PAGE, rewritten

PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
