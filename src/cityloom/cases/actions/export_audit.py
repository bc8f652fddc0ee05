"""Export a sample or the log of reads, without personal data, with a signed digest; the export itself is recorded."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any, NamedTuple

from cityloom.base.clock import Clock
from cityloom.base.crypto import chain_hash
from cityloom.base.ids import ids
from cityloom.base.reasons import register
from cityloom.cases import models
from cityloom.cases.actions.draw_sample import check_auditor
from cityloom.cases.audit_keys import audit_key
from cityloom.cases.errors import BadValue
from cityloom.cases.queries_sample import check_sample, get_sample
from cityloom.cases.read_log import ReadFilter, list_reads
from cityloom.cases.sampling import CHECKS
from cityloom.city.signing import public_of
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

register(
    {
        "audit.bad_form": (
            "只能导出为 csv 或 json",
            "an export is csv or json: let the file's name end so",
        ),
    }
)
FORMS = ("csv", "json")
MOST = 100_000
_SEED = b"cityloom audit export"


class Exported(NamedTuple):
    """A file to hand over, and what is to lie beside it: digest, key, signature."""

    name: str
    content: bytes
    rows: int
    signature: dict[str, str]


def export_audit(
    city: City, by: Post, clock: Clock, form: str, sample_id: int | None = None, reads: ReadFilter | None = None
) -> Exported:
    """The sample of that number, or else the readings that fit, as a file.

    Notes of auditors come along as they were written; of residents nothing. Raises NotAllowed, BadValue, NoAuditKey.
    """
    check_auditor(by)
    if form not in FORMS:
        raise BadValue("audit.bad_form")
    key, at = audit_key(), clock.now()
    if sample_id is not None:
        what, rows, asked = "sample", _sample_rows(city, sample_id, by), {"sample": sample_id}
    else:
        wanted = reads or ReadFilter()
        found = list_reads(city, wanted, at, MOST)
        what, rows = "reads", [{**each.as_json(), "fields": " ".join(each.fields),
                                "unusual": " ".join(each.unusual)} for each in found]  # fmt: skip
        asked = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in vars(wanted).items() if v}
    content = _csv(rows) if form == "csv" else json.dumps(rows, ensure_ascii=False, indent=1).encode()
    digest = hashlib.sha256(content).digest()
    moment = at.astimezone(UTC).isoformat()
    signature = key.sign(chain_hash(_SEED, [city.code, what, len(rows), digest.hex(), by.login, moment]))
    models.AuditExport.objects.create(
        id=ids.one(), city_id=city.id, what=what, asked=asked, rows=len(rows), digest=digest, key=public_of(key),
        signature=signature, by_login=by.login, by_role=by.role.value, at=at,
    )  # fmt: skip
    told = {
        "city": city.code,
        "what": what,
        "rows": str(len(rows)),
        "sha256": digest.hex(),
        "by": by.login,
        "at": moment,
        "key": public_of(key),
        "signature": base64.b64encode(signature).decode(),
    }
    return Exported(f"{city.code}-{what}-{at:%Y%m%d}.{form}", content, len(rows), told)


def _sample_rows(city: City, sample_id: int, by: Post) -> list[dict[str, Any]]:
    sample = get_sample(city, sample_id)
    rows = []
    for each in check_sample(city, sample, by):
        states = {check.what: check.state for check in each.checks}
        rows.append(
            {
                "number": each.number,
                "class": each.class_code or "",
                "unit": each.unit or "",
                "opened_at": each.opened_at.isoformat() if each.opened_at else "",
                **{what: states.get(what, "") for what in CHECKS},
                "result": each.notes[-1].result if each.notes else "",
                "notes": " | ".join(f"{n.by_login}: {n.result} {n.note}".strip() for n in each.notes),
            }
        )
    return rows


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """With a byte order mark, so that spreadsheets read the Chinese; a cell never begins a formula."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows({k: _plain(v) for k, v in row.items()} for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _plain(value: Any) -> Any:
    text = value if isinstance(value, str) else None
    return f"'{text}" if text and text[0] in "=+-@\t\r" else value
