"""Makes the folder known to Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The `web` context."""

    name = "cityloom.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take the sign-in library out of the administration: the settings alone name a provider."""
        from allauth.account.models import EmailAddress
        from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
        from django.contrib import admin

        for model in (EmailAddress, SocialAccount, SocialApp, SocialToken):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
