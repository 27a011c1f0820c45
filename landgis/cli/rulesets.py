"""The rulesets that a command names."""

from landgis.cli.common import split_names
from landgis.settings import Settings
from landgis.terms.rules import Ruleset
from landgis.workflows import rulebooks


def chosen_rulesets(settings: Settings, names: str | None) -> list[Ruleset]:
    """Read the rulesets a command names, or those of the settings."""
    return [rulebooks.choose(name) for name in (split_names(names) if names else settings.rule_codes)]
