"""Whose the one screen and the vital signs are; apart from the pages, because the frame of every page asks."""

from cityloom.city.values import Role

SEES_SCREEN = frozenset({Role.SUPERVISOR, Role.LEADER})
SEES_VITAL = frozenset(
    {
        Role.SUPERVISOR,
        Role.LEADER,
        Role.DISPATCHER,
        Role.SHIFT_LEAD,
        Role.DATA_STEWARD,
        Role.AUDITOR,
        Role.ADMIN,
        Role.SENSOR_OWNER,
    }
)
