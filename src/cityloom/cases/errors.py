"""What casework refuses, each with the next step."""

from __future__ import annotations

from cityloom.base.errors import CityloomError


class ImpossibleMove(CityloomError):
    """No row of the status table leaves this state by this move; the message lists those that do."""

    status = 409


class NotAllowed(CityloomError):
    """The post may not make this move on this case."""

    status = 403


class MissingNeed(CityloomError):
    """The move needs something that did not come with it."""

    status = 422


class GuardHolds(CityloomError):
    """The row exists, but its condition does not hold now."""

    status = 409


class StaleVersion(CityloomError):
    """Somebody else moved the case first; nothing was changed."""

    status = 409


class NoSuchCase(CityloomError):
    status = 404


class NoSuchReport(CityloomError):
    status = 404


class UnknownWord(CityloomError):
    """A class, unit, reason or standard that the city does not have."""

    status = 422


class BadReport(CityloomError):
    """A report that says nothing, is too long or stands outside the city."""

    status = 422


class ConflictOfInterest(CityloomError):
    """The unit is the one that the complaint is about; it keeps away."""

    status = 409


class BadPhoto(CityloomError):
    status = 422
