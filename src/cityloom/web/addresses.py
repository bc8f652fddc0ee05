"""Whose request it is, as the pages ask it; the reckoning lies in `base/addresses.py`, which all doors share."""

from cityloom.base.addresses import UNKNOWN, address_of, blurred, household_of, is_trusted

__all__ = ["UNKNOWN", "address_of", "blurred", "household_of", "is_trusted"]
