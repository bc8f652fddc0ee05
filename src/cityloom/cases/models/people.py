"""People's data: relayed messages, rights requests, holds, files to remove."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cityloom.cases.models.columns import Kept, case_key, text_field


class RelayMessage(Kept):
    """What handler and resident say to each other through the case; its digest stands in the chain.

    `side`: resident or unit. `hidden` counts the numbers and addresses that were masked. `salt` goes with an erased
    text, so that the digest tells nothing any more.
    """

    case = case_key()
    report_id = models.BigIntegerField()
    side = text_field(10)
    by_login = text_field(150)
    by_unit = text_field()
    text_sealed = models.BinaryField()
    key_mark = models.BinaryField()
    salt = models.BinaryField(null=True)
    digest = models.BinaryField()
    hidden = models.IntegerField()
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_relay"
        indexes = [
            models.Index(fields=["case", "id"], name="cases_relay_case"),
            models.Index(fields=["key_mark", "id"], name="cases_relay_key"),
        ]


class RightsRequest(Kept):
    """A resident asks to see, correct or erase what is kept about him or her; a data steward decides."""

    kind = text_field(10)
    case = case_key()
    report_id = models.BigIntegerField()
    reporter_ids = ArrayField(models.BigIntegerField())
    asked_by = text_field(150)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    wish_sealed = models.BinaryField(default=b"")
    key_mark = models.BinaryField(default=b"")
    state = text_field(10)
    reason = text_field(60)
    decided_by = text_field(150)
    decided_at = models.DateTimeField(null=True)
    done = models.JSONField(default=dict)

    class Meta:
        db_table = "cases_rights_request"
        indexes = [
            models.Index(fields=["city", "due_at", "id"], condition=Q(state="open"), name="cases_rights_open"),
            models.Index(fields=["report_id"], name="cases_rights_report"),
            models.Index(fields=["key_mark", "id"], name="cases_rights_key"),
        ]


class LegalHold(Kept):
    """A case whose data must stay for now: retention and erasure pass it over until the hold is lifted."""

    case = case_key()
    reason = text_field(60)
    by_login = text_field(150)
    set_at = models.DateTimeField()
    lifted_by = text_field(150)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_hold"
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(lifted_at=None), name="cases_hold_one"),
        ]


class GoneFile(models.Model):
    """A file whose row is erased and which must still go from the storage; the row goes when the file is gone."""

    file = text_field(200)
    since = models.DateTimeField()

    class Meta:
        db_table = "cases_gone_file"
