from __future__ import annotations

from app.settings.spelling import notices_of_spelling


def test_names_what_was_probably_meant() -> None:
    assert notices_of_spelling(["SMTP_PASWORD", "KAFKA_BROKER"]) == [
        "KAFKA_BROKER is not a setting and is ignored; did you mean KAFKA_BROKERS?",
        "SMTP_PASWORD is not a setting and is ignored; did you mean SMTP_PASSWORD?",
    ]


def test_is_silent_about_settings_and_about_what_is_far_from_any() -> None:
    assert notices_of_spelling(["SMTP_PORT", "SMTP_PASSWORD_FILE", "KAFKA_HOME", "PATH"]) == []


def test_is_silent_about_what_kubernetes_sets_for_services() -> None:
    names = ["KAFKA_PORT_9092_TCP", "KAFKA_SERVICE_HOST", "SMTP_SERVICE_PORT", "SMTP_PORT_25_TCP"]
    assert notices_of_spelling(names) == []
