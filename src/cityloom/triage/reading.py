"""One text read by every reader: class, place, urgency, route, aside; one `Reading` of all they propose. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cityloom.triage.classifying import Classifier
from cityloom.triage.gazetteer import Gazetteer
from cityloom.triage.places import read_places
from cityloom.triage.routes import RouteLexicon, read_aside, read_routes, shipped_routes
from cityloom.triage.texts import normalise
from cityloom.triage.urgency import UrgencyLexicon, read_urgency, shipped_urgency
from cityloom.triage.values import Reading


@dataclass(frozen=True)
class Readers:
    """What a city reads with: built once for a version of the city and a model, and used for every text."""

    classifier: Classifier
    gazetteer: Gazetteer | None  # None while it is being built: places are read from the next text on
    urgency: UrgencyLexicon = field(default_factory=shipped_urgency)
    routes: RouteLexicon = field(default_factory=shipped_routes)


def read_all(
    raw: str, readers: Readers, *, headline: str = "", has_photos: bool = False, earlier: Sequence[str] = ()
) -> Reading:
    """Everything that a text seems to say; any text gives a reading, and what cannot be told is told with a reason.

    `headline`: a title that came apart from the words. `earlier`: what the same person or about the same point was
    reported before, the newest first.
    """
    text = normalise(raw)
    title = normalise(headline) if headline else None
    both = f"{title.read}\n{text.read}" if title else text.read
    proposals = [
        *readers.classifier.classify(text, title),
        *(read_places(both, readers.gazetteer) if readers.gazetteer is not None else ()),
        read_urgency(both, readers.urgency),
        *read_routes(both, earlier, lexicon=readers.routes, urgency=readers.urgency),
        read_aside(both, has_photos=has_photos, lexicon=readers.routes),
    ]
    return Reading(tuple(proposals), readers.classifier.name, text.cut)
