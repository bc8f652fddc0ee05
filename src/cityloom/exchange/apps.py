"""Makes the folder known to Django."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The `exchange` context."""

    name = "cityloom.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the folders below what is kept here that they look after."""
        from cityloom.cases.key_rotation import SealedTable, also_seals
        from cityloom.exchange import feed_reasons  # noqa: F401 (pages show what a feed said was wrong)

        also_seals(SealedTable("exchange_webhook", ("secret_sealed", "old_secret_sealed")))
