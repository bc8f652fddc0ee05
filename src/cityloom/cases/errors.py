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


class CannotMerge(CityloomError):
    """Two cases that do not fit together, or reports that cannot be parted."""

    status = 409


class BadValue(CityloomError):
    """A date, an amount or a rating outside its range."""

    status = 422


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


class TooManyMessages(CityloomError):
    """One side has written as often as a day allows."""

    status = 429


class OnHold(CityloomError):
    """The data of the case must stay until its hold is lifted."""

    status = 409


class NoSuchRequest(CityloomError):
    status = 404


class NotProven(CityloomError):
    """The code and the phone do not belong together."""

    status = 403


class BadPhoto(CityloomError):
    status = 422
