"""Texts that name something."""

from __future__ import annotations

from app.settings.kinds import Text

Topic = Text("1 to 249 of A-Z a-z 0-9 . _ -", r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}", "TOPIC")
InstanceId = Text(Topic.what, Topic.pattern, "ID")
GroupId = Text("printable text of at most 200 characters", r".{1,200}", "GROUP")
Name = Text("printable text", None, "NAME")
HeloName = Text("a host name, or an address in brackets", r"[!-~]{1,255}", "NAME")
