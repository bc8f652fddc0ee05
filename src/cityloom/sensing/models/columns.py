"""Columns that many tables of sensing share."""

from __future__ import annotations

from typing import Any

from django.db import models

from cityloom.city.models import City


def city_key() -> models.ForeignKey:
    return models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)


def link_to(model: str, **more: Any) -> models.ForeignKey:
    return models.ForeignKey(f"sensing.{model}", on_delete=models.PROTECT, related_name="+", **more)


def code_field(**more: Any) -> models.CharField:
    return models.CharField(max_length=100, blank=True, default="", **more)


def name_field() -> models.CharField:
    return models.CharField(max_length=300, blank=True, default="")


def text_field() -> models.TextField:
    return models.TextField(blank=True, default="")
