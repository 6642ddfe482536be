"""Every setting of the service, its sources and its rules; nothing else reads the environment."""

from app.settings.compounds import BreakerValues
from app.settings.loading import Loaded, load
from app.settings.model import Settings
from app.settings.option import Group, Option
from app.settings.options import options
from app.settings.problem import Given, InvalidSettings, Problem, Source
from app.settings.relay_urls import RelayValues
from app.settings.reply_rules import read_rules

__all__ = [
    "BreakerValues",
    "Given",
    "Group",
    "InvalidSettings",
    "Loaded",
    "Option",
    "Problem",
    "RelayValues",
    "Settings",
    "Source",
    "load",
    "options",
    "read_rules",
]
