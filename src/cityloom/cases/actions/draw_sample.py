"""Draw cases for an audit, and write down by what seed, from what and by whom."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import register
from cityloom.cases import models
from cityloom.cases.errors import BadValue, NotAllowed
from cityloom.cases.queries_sample import Note, Sample, get_sample, numbers_to_draw
from cityloom.cases.root_rows import find_last_root
from cityloom.cases.sampling import MOST, RESULTS, Asked, draw
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

register(
    {
        "audit.no_seed": ("请写下抽样种子（1 至 100 个字）", "write down a seed of 1 to 100 signs"),
        "audit.bad_count": ("抽样件数应为 1 至 {most}", "the number of cases is 1 to {most}"),
        "audit.bad_result": ("请选择结论：{results}", "choose one of the results: {results}"),
        "audit.not_sampled": ("案件{number}不在这个抽样里", "case {number} is not in this sample"),
    }
)


def draw_sample(city: City, seed: str, asked: Asked, by: Post, clock: Clock) -> Sample:
    """The drawn cases; the same seed over the same cases draws the same ones. Raises NotAllowed, BadValue."""
    check_auditor(by)
    if not 1 <= len(seed.strip()) <= 100:
        raise BadValue("audit.no_seed")
    if not 1 <= asked.count <= MOST:
        raise BadValue("audit.bad_count", most=MOST)
    with transaction.atomic(), connection.cursor() as cursor:
        numbers = numbers_to_draw(cursor, city, by, asked)
        last = find_last_root(cursor, city.id)
        row = models.AuditSample.objects.create(
            id=ids.one(),
            city_id=city.id,
            seed=seed.strip(),
            asked=asked.as_json(),
            found=len(numbers),
            numbers=draw(seed.strip(), numbers, asked.count),
            root_serial=last.serial if last else None,
            by_login=by.login,
            drawn_at=clock.now(),
        )
    return get_sample(city, row.pk)


def note_sampled_case(
    city: City, sample_id: int, number: str, result: str, note: str, by: Post, clock: Clock
) -> Note:
    """Write down what was found in a sampled case; an earlier note stays beside it. Raises NotAllowed, BadValue."""
    check_auditor(by)
    if result not in RESULTS:
        raise BadValue("audit.bad_result", results=list(RESULTS))
    if number not in get_sample(city, sample_id).numbers:
        raise BadValue("audit.not_sampled", number=number[:40])
    row = models.AuditNote.objects.create(
        id=ids.one(),
        city_id=city.id,
        sample_id=sample_id,
        case_number=number,
        result=result,
        note=note.strip()[:2000],
        by_login=by.login,
        at=clock.now(),
    )
    return Note(number, result, row.note, by.login, row.at)


def check_auditor(by: Post) -> None:
    """Raise NotAllowed for every post but an auditor's."""
    if by.role is not Role.AUDITOR:
        raise NotAllowed("error.not_allowed", role=by.role.value, move="audit", roles=[Role.AUDITOR.value])
