"""Makes the folder known to Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The `web` context."""

    name = "cityloom.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
