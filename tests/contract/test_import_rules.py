"""The import rules of `pyproject.toml` speak of every package."""

from __future__ import annotations

import tomllib

import pytest

from tests.support.service import REPOSITORY

PACKAGES = {each.parent.name for each in (REPOSITORY / "app").glob("*/__init__.py")}
RULES = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = RULES["contracts"]


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("aiokafka", "kafka"),
        ("aiosmtplib", "relay"),
        ("aiosmtpd", "embedded"),
        ("redis", "state"),
        ("opentelemetry", "telemetry"),
        ("dns", "bootstrap"),
    ],
)
def test_a_library_is_kept_from_every_package_but_one(library: str, package: str) -> None:
    (rule,) = (each for each in CONTRACTS if each.get("forbidden_modules") == [library])

    assert {f"app.{each}" for each in PACKAGES - {package}} == set(rule["source_modules"])


def test_every_package_but_two_is_kept_from_the_settings() -> None:
    (rule,) = (each for each in CONTRACTS if each.get("forbidden_modules") == ["app.settings"])

    kept = PACKAGES - {"cli", "bootstrap", "settings"}
    assert {f"app.{each}" for each in kept} == set(rule["source_modules"])
