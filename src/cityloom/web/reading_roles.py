"""Who sees how well reports are understood."""

from __future__ import annotations

from cityloom.city.values import Role

SEES_UNDERSTANDING = frozenset({Role.SHIFT_LEAD, Role.SUPERVISOR, Role.DATA_STEWARD, Role.ADMIN})
