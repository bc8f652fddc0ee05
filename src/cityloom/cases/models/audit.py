"""Daily roots, samples and exports for the auditor."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cityloom.cases.models.columns import Kept, city_key, text_field


class Root(Kept):
    """One signed root over all chains of a city; the database refuses to change or delete it.

    `tree`: over the latest leaf of every chain; `leaves`: over those that are new with this root. `accepts_late`: why
    what says it is older than the root before may come with this one, such as a load of old cases.
    """

    serial = models.IntegerField()
    day = models.DateField()
    cases = models.BigIntegerField()
    orders = models.BigIntegerField()
    logs = models.BigIntegerField()
    highest_case_id = models.BigIntegerField()
    entries = models.BigIntegerField()
    tree = models.BinaryField()
    leaves = models.BinaryField()
    previous = models.BinaryField()
    accepts_late = text_field(300, default="")
    made_at = models.DateTimeField()
    hash = models.BinaryField()
    key = text_field(60)
    signature = models.BinaryField()

    class Meta:
        db_table = "cases_root"
        constraints = [models.UniqueConstraint(fields=["city", "serial"], name="cases_root_serial")]


class RootLeaf(models.Model):
    """How far a chain had come when a root was made; only chains that had grown since the root before have one."""

    pk = models.CompositePrimaryKey("city", "kind", "chain_id", "serial")
    city = city_key()
    kind = text_field(20)
    chain_id = models.BigIntegerField()
    serial = models.IntegerField()
    number = text_field(60)
    seq = models.IntegerField()
    head = models.BinaryField()

    class Meta:
        db_table = "cases_root_leaf"
        indexes = [models.Index(fields=["city", "serial"], name="cases_root_leaf_serial")]


class AuditSample(Kept):
    """Cases drawn for an audit by a seed that is written down, so that anybody can draw them again."""

    seed = text_field(100)
    asked = models.JSONField()
    found = models.IntegerField()
    numbers = ArrayField(text_field(40))
    root_serial = models.IntegerField(null=True)
    by_login = text_field(150)
    drawn_at = models.DateTimeField()

    class Meta:
        db_table = "cases_audit_sample"
        indexes = [models.Index(fields=["city", "-id"], name="cases_audit_sample_city")]


class AuditNote(Kept):
    """What an auditor found in a sampled case; a later note stands beside the earlier one."""

    sample = models.ForeignKey(AuditSample, on_delete=models.PROTECT, related_name="+", db_index=False)
    case_number = text_field(40)
    result = text_field(20)
    note = models.TextField()
    by_login = text_field(150)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_audit_note"
        indexes = [models.Index(fields=["sample", "id"], name="cases_audit_note_sample")]


class AuditExport(Kept):
    """That something was exported: what, how many rows, the digest of the file and its signature."""

    what = text_field(20)
    asked = models.JSONField()
    rows = models.IntegerField()
    digest = models.BinaryField()
    key = text_field(60)
    signature = models.BinaryField()
    by_login = text_field(150)
    by_role = text_field(40)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_audit_export"
        indexes = [models.Index(fields=["city", "-id"], name="cases_audit_export_city")]
