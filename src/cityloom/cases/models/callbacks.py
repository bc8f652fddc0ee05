"""Links that ask the resident."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cityloom.cases.models.columns import Kept, case_key, text_field


class CallbackLink(Kept):
    """A link by which a resident answers once. Its code is stored as a hash; `report_ids` are all the answer counts
    for. It ends when it is used, when its time is over, or when the callback is settled otherwise."""

    case = case_key()
    report_ids = ArrayField(models.BigIntegerField())
    code_hash = models.BinaryField()
    kind = text_field(10)
    made_at = models.DateTimeField()
    made_by = text_field(150)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    message_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "cases_callback_link"
        indexes = [models.Index(fields=["case"], name="cases_link_case")]
        constraints = [models.UniqueConstraint(fields=["code_hash"], name="cases_link_code")]
