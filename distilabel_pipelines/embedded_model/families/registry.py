"""Every family, in one order. A new family is added here and in the wording files."""

from __future__ import annotations

from . import calculation, everyday, lists, stories
from .model import Family

FAMILIES: tuple[Family, ...] = (
    *calculation.FAMILIES,
    *lists.FAMILIES,
    *everyday.FAMILIES,
    *stories.FAMILIES,
)
FAMILY_BY_NAME: dict[str, Family] = {family.name: family for family in FAMILIES}
