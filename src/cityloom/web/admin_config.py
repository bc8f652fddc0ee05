"""Puts our administration in the place of Django's; apart, because it is read before any model is known."""

from django.contrib.admin.apps import AdminConfig


class CityloomAdminConfig(AdminConfig):
    """The administration with our site."""

    default_site = "cityloom.web.admin_site.CityloomAdminSite"
