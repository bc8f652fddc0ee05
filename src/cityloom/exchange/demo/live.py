"""Lives the demo city's present day through its real doors: pages, sessions and forms over HTTP.

What people mean to do comes from `day.py`, as for the player; here they do it as people do. Only what is open is
looked up in the database, as on the lists that each of them has before them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from cityloom.base.errors import CityloomError
from cityloom.base.patience import Patience
from cityloom.base.reasons import register
from cityloom.cases.keeping import get_file
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Source
from cityloom.exchange.demo.day import Intended
from cityloom.exchange.demo.doors import Answer, Door, DoorShut, File, Person
from cityloom.exchange.demo.pictures import draw_street
from cityloom.exchange.demo.play import Player
from cityloom.exchange.demo.sayings import Said

BUSIEST_EVERY_S = 130.0  # between two reports in the busiest hour of the demo's year
HURRY = 10.0  # at this rate people take as long as the player's do
SPEAKS = frozenset({Source.RESIDENT, Source.HOTLINE})  # who has a page to report on

register({
    "demo.door_refused": (
        "页面拒绝了 {login} 的操作（{status}）：{path}",
        "the page refused {login} ({status}): {path}",
    ),
})  # fmt: skip


class DoorRefused(CityloomError):
    """A page answered with a refusal; somebody else was faster, or the door asks to wait."""


@dataclass(kw_only=True)
class DoorPlayer(Player):
    """One city lived through its doors. At rate 60 a demo minute is a real second."""

    open_door: Callable[[], Door]
    password: str
    say: Callable[[str], None]
    _people: dict[str, Person] = field(default_factory=dict)
    _patience_at_door: Patience = field(default_factory=Patience)

    def step(self) -> int:
        """As the player's; a server that is away is waited for."""
        try:
            done = super().step()
        except DoorShut as away:
            if not self._patience_at_door.failures:
                self.say(f"the server is away ({away}); waiting for it")
            self._people.clear()
            self._patience_at_door.wait_after_failure(self.stop)
            return 0
        if self._patience_at_door.it_worked():
            self.say("the server answers again")
        return done

    def pace(self) -> float:
        """How much faster than the player's people these act."""
        return max(self.rate / HURRY, 0.1)

    def busiest_every_s(self) -> float:
        """Seconds between two reports in the busiest hour, at rate 1."""
        return BUSIEST_EVERY_S

    def _act(self, city: City, meant: Intended) -> CaseFile:
        person = self._signed_in(meant.by)
        path = f"/case/{meant.number}/"
        fields = _fields(meant)
        files: dict[str, File] = {}
        if meant.photo:
            picture = draw_street(meant.number, meant.photo == "before")
            files["photos"] = ("photo.jpg", picture, "image/jpeg")
        self._check(person.send(f"{path}move/", fields, files, page=path), meant.by.login, path)
        with connection.cursor() as cursor:
            after = get_file(cursor, city.id, meant.number)
        self.say(f"{meant.number} {meant.move} by {meant.by.login}: {after.case.state}")
        return after

    def _report(self, city: City, said: Said) -> None:
        if said.source not in SPEAKS:
            return
        fields = _report_fields(said)
        try:
            if said.source is Source.RESIDENT:
                path, person = "/report/", Person(self.open_door())
            else:
                path, person = "/new/", self._signed_in(said.by)
            answer = person.send(path, fields)
            self._check(answer, said.by.login, path)
        except DoorRefused as refusal:
            self.say(str(refusal))
            return
        self.say(f"{said.source.value} reports {said.class_code or 'something'} at {said.address or 'no place'}")
        self._looked_at_s = None

    def _signed_in(self, post: Post) -> Person:
        """The person at their own browser, acting by the post."""
        person = self._people.get(post.login)
        if person is None:
            person = Person(self.open_door())
            self._check(person.sign_in(post.login, self.password), post.login, "/signin/")
            self._people[post.login] = person
        answer = person.act_by(post)
        if answer is not None:
            self._check(answer, post.login, "/signin/post/")
        return person

    def _check(self, answer: Answer, login: str, path: str) -> None:
        """Raise DoorRefused for a refusal, and for a page that asks to sign in."""
        if answer.status >= 400 or (path != "/signin/" and "/signin/" in answer.url and "post" not in answer.url):
            self._people.pop(login, None)
            raise DoorRefused("demo.door_refused", login=login, status=answer.status, path=path)


def _fields(meant: Intended) -> dict[str, str]:
    """What somebody would type into the form of the move."""
    details = meant.details
    fields = {
        "subject": meant.subject,
        "subject_id": str(meant.subject_id or ""),
        "move": meant.move,
        "version": str(meant.version),
        "seq": "",
        "note": details.note,
        "reason": details.reason.code if details.reason else "",
        "unit": details.unit or "",
        "class": details.class_code or "",
    }
    if details.place is not None and details.place.lon is not None:
        fields |= {"lon": str(details.place.lon), "lat": str(details.place.lat), "address": details.place.address}
    if details.outcome is not None:
        met = details.outcome
        if meant.move == "call_back":
            fields |= {"solved": met.solved or "", "satisfied": met.satisfied or ""}
        else:
            fields["reached"] = met.reached
    return fields


def _report_fields(said: Said) -> dict[str, str]:
    fields = {
        "words": said.words,
        "class": said.class_code or "",
        "address": said.address,
        "name": said.name,
        "phone": said.phone,
        "asked": "yes",
        "hold": "yes" if said.hold else "",
    }
    if said.lon is not None and said.lat is not None:
        fields |= {"lon": f"{said.lon:.6f}", "lat": f"{said.lat:.6f}"}
    return fields
