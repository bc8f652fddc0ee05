"""Makes the folder known to Django."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """The `cases` context."""

    name = "cityloom.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
