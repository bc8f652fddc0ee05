"""What the administration shows: accounts to edit, and the current version of the city's folder to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from cityloom.base.errors import CityloomError
from cityloom.city import models
from cityloom.city.this_city import this_city
from cityloom.web.admin_site import said
from cityloom.web.words import say

PAGE = 50
UNSHOWN = frozenset({"id", "city", "key", "digest", "version_from", "version_to", "geometry"})


def column(field: str) -> Any:
    """A column of a list: a field under the word that the city uses for it."""

    @admin.display(description=said(f"admin.field_{field}"), ordering=field, empty_value="—")
    def show(row: Model) -> Any:
        value = getattr(row, field)
        if isinstance(value, bool):
            return "✓" if value else "—"
        if isinstance(value, list):
            return ", ".join(map(str, value)) or "—"
        return "—" if value in (None, "") else value

    show.__name__ = field
    return show


def by(field: str) -> tuple[str, type[admin.AllValuesFieldListFilter]]:
    """A filter under the word that the city uses for the field."""

    class Filter(admin.AllValuesFieldListFilter):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self.title = say(f"admin.field_{field}")

    return field, Filter


class FolderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A table of the city's folder at its current version: looked at, never changed; the folder is the truth."""

    columns: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    list_per_page = PAGE
    show_full_result_count = False
    actions = None

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns; the first one leads to the row."""
        return [column(field) for field in self.columns]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """The first column leads to the row."""
        return list(list_display)[:1]

    def get_list_filter(self, request: HttpRequest) -> Any:
        """The filters, each under its word."""
        return [by(field) for field in self.filters]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of this city's current version, without their shapes."""
        rows = super().get_queryset(request)
        try:
            city = this_city()
        except CityloomError:
            return rows.none()
        shapes = {"geometry"} & {field.name for field in self.model._meta.fields}
        return rows.filter(city_id=city.id, version_to=None).defer(*shapes)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What the row said in the folder."""
        return [column(f.name) for f in self.model._meta.fields if f.name not in UNSHOWN]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of it."""
        return self.get_fields(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list under its own name, with the way to change what is listed."""
        title = say(f"admin.model_{self.model.__name__}")
        extra = {"title": title, "subtitle": None, "folder_file": say(f"admin.file_{self.model.__name__}")}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One row."""
        extra = {"title": say(f"admin.model_{self.model.__name__}"), "subtitle": None}
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may enter the administration may look."""
        return admin.site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """So the folder is listed for them."""
        return admin.site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: rows come from the folder."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: rows come from the folder."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: rows come from the folder."""
        return False


@admin.register(models.Area)
class AreaAdmin(FolderAdmin):
    """Areas of every level."""

    columns = ("code", "name_zh", "name_en", "level", "parent", "population")
    filters = ("level",)
    search_fields = ("code", "name_zh", "name_en", "parent")
    ordering = ("code",)


@admin.register(models.Unit)
class UnitAdmin(FolderAdmin):
    """Units and their parts."""

    columns = ("code", "name_zh", "name_en", "kind", "parent", "serves", "valid_from", "valid_until")
    filters = ("kind",)
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("code",)


@admin.register(models.Post)
class PostAdmin(FolderAdmin):
    """Who holds which role."""

    columns = ("login", "name", "role", "unit", "area", "valid_from", "valid_until")
    filters = ("role",)
    search_fields = ("login", "name", "unit", "area")
    ordering = ("login",)


@admin.register(models.MatterClass)
class MatterClassAdmin(FolderAdmin):
    """The catalogue of matters."""

    columns = ("code", "name_zh", "name_en", "scheme", "kind", "nature", "needs_verify", "needs_check")
    filters = ("scheme", "kind", "nature")
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("code",)


@admin.register(models.Standard)
class StandardAdmin(FolderAdmin):
    """Filing conditions, limits, closing conditions."""

    columns = ("code", "class_code", "condition_zh", "urgency", "limit", "unit", "hours", "default")
    filters = ("urgency", "unit")
    search_fields = ("code", "class_code", "condition_zh", "condition_en")
    ordering = ("code",)


@admin.register(models.Duty)
class DutyAdmin(FolderAdmin):
    """Who owes what where."""

    columns = ("class_pattern", "area", "unit", "role", "order", "source", "hours", "pushed_down")
    filters = ("role", "source", "hours")
    search_fields = ("class_pattern", "area", "unit")
    ordering = ("class_pattern", "area", "order")


@admin.register(models.CalendarDay)
class CalendarDayAdmin(FolderAdmin):
    """Holidays and make-up working days."""

    columns = ("day", "kind", "name_zh", "name_en", "calendar")
    filters = ("kind", "calendar")
    search_fields = ("name_zh", "name_en")
    ordering = ("day",)


@admin.register(models.Component)
class ComponentAdmin(FolderAdmin):
    """Things in the street."""

    columns = ("code", "name", "class_code", "state", "owner", "keeper", "supervisor", "since")
    filters = ("state",)
    search_fields = ("code", "name", "class_code", "owner")
    ordering = ("code",)


class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    """Accounts: who can sign in and who administers. What a person may do follows from posts in the folder."""

    list_display = ("username", "last_name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (said("admin.person"), {"fields": ("last_name", "first_name", "email")}),
        (said("admin.may"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (said("admin.dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")


admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.register(User, AccountAdmin)
