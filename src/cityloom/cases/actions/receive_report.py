"""Receive a report: check it, find its place, open its case and go as far as the city's table lets the system go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.crypto import new_tracking_code, tracking_hash
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.base.statements import Statement
from cityloom.cases.actions.merge_cases import can_merge_alone, goes_alone, merge_cases
from cityloom.cases.changes import changes_between
from cityloom.cases.conflicts import check_named
from cityloom.cases.deciding import check_class, decide
from cityloom.cases.errors import BadReport
from cityloom.cases.following import follow
from cityloom.cases.guards import PUBLIC
from cityloom.cases.keeping import chain_seed, find_report_once, get_file, get_file_by_id, keep_moves, keep_new
from cityloom.cases.merging import joining_state
from cityloom.cases.moves import carry_out, open_case
from cityloom.cases.originals import keeping_original, shown_text
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.photo_rows import keep_photos
from cityloom.cases.photos import Picture
from cityloom.cases.places import component_at, locate
from cityloom.cases.reporters import Person, keeping_reporter, tracking_code_for, tracking_codes_for
from cityloom.cases.twins import Found, Saying, Twin, find_same, surely_same, twin_proposals
from cityloom.cases.understanding import fill_in, read_report
from cityloom.cases.values import Case, CaseFile, Details, Place, Report
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post, Source, Urgency
from cityloom.triage.repeats import Repeat
from cityloom.triage.values import Reading

DEFAULT_TEXT_CHARS = 4000


@dataclass(frozen=True)
class NewReport:
    """What a person or device says. Class and place may be open; name and phone are kept apart and sealed."""

    source: str
    words: str
    class_code: str | None = None
    standard_code: str | None = None
    nature: str | None = None
    lon: float | None = None
    lat: float | None = None
    area: str | None = None
    address: str = ""
    component_code: str | None = None
    name: str = ""
    phone: str = ""
    language: str = "zh"
    confidential: bool = False
    complained_about: tuple[str, ...] = ()  # units that it is about; they and their staff stay away
    consents: tuple[str, ...] = ("callback",)
    quiet_hours: str = ""
    sensitive: bool = False
    under_14: bool = False
    home_address: str = ""
    partner: str | None = None  # the city that handed it over, its number there, and the one of both
    partner_number: str | None = None
    trace: str = ""
    occurred_at: datetime | None = None
    idempotency_key: str | None = None
    external_id: str | None = None
    photos: tuple[Picture, ...] = ()
    same_as: str | None = None  # the number of an open case the reporter says is the same matter
    is_another: bool = False  # the reporter saw what is open nearby and says that this is another matter
    hold: bool = False  # an agent keeps it at the desk to answer at once
    suspicions: tuple[str, ...] = ()  # codes of `screening.py`; a suspicious report waits for a person's look
    reading: Reading | None = None  # what the words seem to say, read at receiving
    filled: Mapping[str, Any] = field(default_factory=dict)  # what the system filled in alone


@dataclass(frozen=True)
class Received:
    """What the reporter is told: the case's number and a private code to follow the report by.

    A report that was merged by itself has the number of the case that took it in.

    `again`: the same report (by idempotency key or external id) had been received before; nothing new was made.
    """

    number: str
    tracking_code: str
    file: CaseFile
    report_id: int
    twins: tuple[Twin, ...] = ()
    again: bool = False


def receive_report(city: City, new: NewReport, by: Post, clock: Clock) -> Received:
    """Keep the report with its case; raises BadReport or UnknownWord and keeps nothing.

    The same idempotency key gives the same answer as the first time.
    """
    at = clock.now()
    place = screen_report(city, new)
    new, place = _read(city, new, place)
    code = tracking_code_for(city, new.idempotency_key) or new_tracking_code()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if new.same_as is not None:
                return _join(cursor, city, new, place, by, at, code)
            return _open(cursor, city, new, place, by, clock, at, code)
    except IntegrityError as conflict:
        if (before := received_before(city, code, new.idempotency_key, new.external_id)) is not None:
            return before
        raise conflict


def _read(city: City, new: NewReport, place: Place) -> tuple[NewReport, Place]:
    """The report with what its words seem to say, and with what the city lets the system fill in alone."""
    said = "\n".join(filter(None, (shown_text(_words(new)), place.address)))
    reading = read_report(city, said, has_photos=bool(new.photos))
    filled = fill_in(reading, city, has_class=new.class_code is not None, has_place=place.area is not None)
    told = {name: value for name, value in vars(filled).items() if value is not None}
    if filled.lon is not None:
        place = locate(city, filled.lon, filled.lat, place.address)
    return replace(new, reading=reading, filled=told, class_code=new.class_code or filled.class_code), place


def find_received(city: City, idempotency_key: str) -> Received | None:
    """The answer that a report with this key was given; None when none was received."""
    code = tracking_code_for(city, idempotency_key)
    return received_before(city, code, idempotency_key) if code is not None else None


def screen_report(city: City, new: NewReport) -> Place:
    """The place of what is said; raises BadReport or UnknownWord for what cannot be kept."""
    if not new.words.strip() and not new.photos:
        raise BadReport("error.no_words")
    most = int(city.settings.limits.get("text_chars", DEFAULT_TEXT_CHARS))
    if len(new.words) > most:
        raise BadReport("error.too_long", most=most)
    check_class(new.class_code, city)
    check_named(new.complained_about, city)
    return locate(city, new.lon, new.lat, shown_text(new.address), new.area)


def _open(
    cursor: CursorWrapper, city: City, new: NewReport, place: Place, by: Post, clock: Clock, at: datetime, code: str
) -> Received:
    found = find_same(cursor, city, _saying(city, new, place), at)
    into = _merges_into(cursor, city, new, found, at)
    new = _with_twins(new, found)
    file = new_case_file(city, new, place, by, at, code, found.repeat)
    case = file.case
    matter = city.classes.get(new.class_code) if new.class_code else None
    path = city.paths.choose(new.source, matter.kind if matter else "", case.nature)
    opened, first = open_case(file, path, by, at, city, ids.one)
    held = new.hold or bool(new.suspicions)
    file, drafts = follow(opened, at, city, ids.one, hold=held or into is not None)
    if into is not None and not goes_alone(file, into.number, at, city):
        into = None
        file, drafts = follow(opened, at, city, ids.one, hold=held)
    first = replace(first, changes={**first.changes, **_told(new, found)})
    file, reporter = _with_reporter(city, new, file, at)
    file = keep_new(file, [first, *drafts], at, chain_seed(city.code, case.number), reporter)
    report_id = file.reports[0].id
    keep_photos(cursor, city, case.id, report_id, "report", new.photos, by, at)
    if into is not None:
        file = _merge(cursor, city, case.number, into, clock)
    return Received(file.case.number, code, file, report_id, found.twins)


def _saying(city: City, new: NewReport, place: Place) -> Saying:
    component = new.component_code or component_at(city, new.class_code, place.lon, place.lat)
    return Saying(place, new.class_code, shown_text(_words(new)), component, new.phone)


def _merges_into(cursor: CursorWrapper, city: City, new: NewReport, found: Found, at: datetime) -> Twin | None:
    """The case that the report goes into without a person, where the city lets it and nobody has been asked."""
    asked = new.is_another or new.hold or new.suspicions or new.confidential or new.complained_about
    if asked or new.source not in (*PUBLIC, Source.HOTLINE):
        return None
    twin = surely_same(found.twins, city)
    return twin if twin is not None and can_merge_alone(cursor, city, twin.number, _nature(city, new), at) else None


def _merge(cursor: CursorWrapper, city: City, number: str, twin: Twin, clock: Clock) -> CaseFile:
    """The case that took the report in; merged by the system, with the reason in both histories."""
    params = {"number": twin.number, "percent": round(100 * twin.likeness.probability)}
    like = twin.likeness.kept_reason
    reason = Reason("merged.by_itself", {**params, "metres": like.params["metres"], "alike": like.params["percent"]})
    merge_cases(city, number, SYSTEM, Details(reason=reason, case=twin.number), clock, version=None)
    return get_file(cursor, city.id, twin.number)


def _with_twins(new: NewReport, found: Found) -> NewReport:
    if new.reading is None or not found.twins:
        return new
    return replace(new, reading=new.reading.joined_by(twin_proposals(found.twins)))


def _told(new: NewReport, found: Found) -> dict[str, Any]:
    """What the first entry tells beside the rows: why it waits, what the system filled in, what may be the same."""
    return {
        **({"held": list(new.suspicions)} if new.suspicions else {}),
        **({"filled": dict(new.filled)} if new.filled else {}),
        **({"twins": [t.number for t in found.twins]} if found.twins else {}),
        **({"repeat": found.repeat.reason.as_json()} if found.repeat is not None else {}),
    }


def _join(
    cursor: CursorWrapper, city: City, new: NewReport, place: Place, by: Post, at: datetime, code: str
) -> Received:
    """One more report of a matter that has a case; it gets its own callback."""
    assert new.same_as is not None
    before = get_file(cursor, city.id, new.same_as, lock=True)
    details = Details(reason=Reason("auto.joined"))
    step = decide(before, "join", SYSTEM, details, at, city)
    report = _new_report(city, new, place, by, at, code, before.case.id)
    joined, reporter = _with_reporter(city, new, before.with_reports(report), at)
    report = joined.reports[-1]
    state, why = joining_state(joined, report)
    joined = joined.with_reports(replace(report, state=state, exempt_reason=why))
    after, draft = carry_out(joined, step, by, details, at, city, ids.one)
    told = changes_between(before, after)
    draft = replace(draft, subject="report", subject_id=report.id, words_of=report.id, changes=told)
    after, more = follow(after, at, city, ids.one, only=frozenset({"escalate"}))
    after = keep_moves(cursor, before, after, [draft, *more], at, reporter)
    keep_photos(cursor, city, before.case.id, report.id, "report", new.photos, by, at)
    return Received(before.case.number, code, after, report.id)


def _with_reporter(
    city: City, new: NewReport, file: CaseFile, at: datetime
) -> tuple[CaseFile, tuple[Statement, ...]]:
    """The newest report with its reporter, and what keeps the reporter and, where it was masked, the original text.

    Nobody is kept who left neither name nor phone nor address.
    """
    report = file.reports[-1]
    original = keeping_original(report, _words(new), new.address, at)
    person = Person(
        new.name,
        new.phone,
        new.home_address,
        new.consents,
        new.language,
        new.quiet_hours,
        new.sensitive,
        new.under_14,
    )
    if person.said_nothing:
        return file, original
    reporter_id, keeping = keeping_reporter(city, person, at)
    return file.with_reports(replace(report, reporter_id=reporter_id)), (keeping, *original)


def new_case_file(
    city: City, new: NewReport, place: Place, by: Post, at: datetime, code: str, repeat: Repeat | None = None
) -> CaseFile:
    """A new case with its report, on no path yet."""
    case_id = ids.one()
    local = at.astimezone(city.calendar().tz)
    day = local.date()
    standard = city.standard(new.class_code, day, new.standard_code) if new.class_code else None
    component = new.component_code or component_at(city, new.class_code, place.lon, place.lat)
    case = Case(
        id=case_id,
        city_id=city.id,
        number=f"{local:%y%m%d}-{case_id}",
        path="",
        state="",
        source=new.source,
        nature=_nature(city, new),
        opened_at=at,
        city_version=city.version,
        class_code=new.class_code,
        standard_code=standard.code if standard else None,
        urgency=new.filled.get("urgency") or (standard.urgency.value if standard else Urgency.ORDINARY.value),
        component_code=component,
        lon=place.lon,
        lat=place.lat,
        area=place.area,
        areas=place.areas,
        cell=place.cell,
        address=place.address,
        confidential=new.confidential or bool(new.complained_about),
        complained_about=check_named(new.complained_about, city),
        partner=new.partner,
        partner_number=new.partner_number,
        trace=new.trace,
        repeat_of=repeat.number if repeat is not None else None,
        repeat_why=repeat.reason.as_json() if repeat is not None else None,
    )
    return CaseFile(case, reports=(_new_report(city, new, place, by, at, code, case_id),))


def _nature(city: City, new: NewReport) -> str:
    matter = city.classes.get(new.class_code) if new.class_code else None
    return new.nature or (matter.nature.value if matter else Nature.MATTER.value)


def _new_report(city: City, new: NewReport, place: Place, by: Post, at: datetime, code: str, case_id: int) -> Report:
    return Report(
        id=ids.one(),
        city_id=city.id,
        case_id=case_id,
        source=new.source,
        state="received",
        words=shown_text(_words(new)),
        occurred_at=new.occurred_at or at,
        received_at=at,
        tracking_hash=tracking_hash(code) if new.source in PUBLIC else None,
        idempotency_key=new.idempotency_key,
        external_id=new.external_id,
        language=new.language,
        class_code=new.class_code,
        lon=place.lon,
        lat=place.lat,
        area=place.area,
        address=place.address,
        received_by=by.login,
        confidential=new.confidential,
        reading=new.reading.as_json() if new.reading else None,
    )


def _words(new: NewReport) -> str:
    return new.words.replace("\x00", "").strip()


def received_before(city: City, code: str, key: str | None, external_id: str | None = None) -> Received | None:
    """The answer given before under this key or external id; None when nothing was received by it."""
    with connection.cursor() as cursor:
        report = find_report_once(cursor, city.id, key, external_id)
        if report is None:
            return None
        file = get_file_by_id(cursor, report.case_id)
    codes = [code, *tracking_codes_for(city, key)]  # the key may have been changed since the first sending
    known = next((c for c in codes if tracking_hash(c) == report.tracking_hash), code)
    return Received(file.case.number, known, file, report.id, again=True)
