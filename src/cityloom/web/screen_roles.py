"""Whose the one screen is; apart from the pages, because the frame of every page asks."""

from cityloom.city.values import Role

SEES_SCREEN = frozenset({Role.SUPERVISOR, Role.LEADER})
