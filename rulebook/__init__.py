"""What the protocols demand: the rules as data (TOML beside this module) and their loader.

Every other room names rules by id; an id that is not in the rule book is an error where it is written.
"""

from rulebook.rules import RULES, Level, Rule, UnknownRule, rule

__all__ = ["RULES", "Level", "Rule", "UnknownRule", "rule"]
