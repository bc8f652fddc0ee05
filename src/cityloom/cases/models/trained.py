"""What reads the reports: trained models and their use."""

from __future__ import annotations

from django.db import models

from cityloom.cases.models.columns import city_key, text_field


class TrainedModel(models.Model):
    """A trained classifier of a city: its file as it was made, and the card of it."""

    id = models.BigAutoField(primary_key=True)
    city = city_key()
    name = text_field()
    card = models.JSONField()
    content = models.BinaryField()
    added_at = models.DateTimeField()
    added_by = text_field(150)

    class Meta:
        db_table = "cases_model"
        constraints = [models.UniqueConstraint(fields=["city", "name"], name="cases_model_once")]


class ModelUse(models.Model):
    """From when on a model reads a city's reports; an empty name: the city folder alone. The newest row holds."""

    id = models.BigAutoField(primary_key=True)
    city = city_key()
    name = text_field(blank=True)
    at = models.DateTimeField()
    by_login = text_field(150)

    class Meta:
        db_table = "cases_model_use"
        indexes = [models.Index(fields=["city", "-id"], name="cases_model_use_last")]
