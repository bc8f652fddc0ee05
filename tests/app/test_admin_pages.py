"""The administration: accounts are edited, the city's folder is looked at; nothing needs a looser content policy."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.cases.life import Life
from tests.web.conftest import BACKEND, browser_of, site  # noqa: F401

import cityloom.web
from cityloom.web.admin import FolderAdmin
from cityloom.web.words import WORDS

FOLDER = {model: each for model, each in admin.site._registry.items() if isinstance(each, FolderAdmin)}


@pytest.fixture
def administrator(site: Life, django_user_model: Any) -> Client:
    """Somebody who may enter the administration."""
    user = django_user_model.objects.get(username="admin")
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user, BACKEND)
    return client


@pytest.mark.parametrize("model", FOLDER, ids=lambda model: model.__name__)
def test_a_table_of_the_folder_is_looked_at_and_never_changed(administrator: Client, model: Any) -> None:
    address = reverse(f"admin:city_{model._meta.model_name}_changelist")
    page = unescape(administrator.get(address).content.decode())
    assert WORDS[f"admin.model_{model.__name__}"][0] in page
    assert f"请在城市文件夹里改{WORDS[f'admin.file_{model.__name__}'][0]}" in page
    row = model.objects.filter(version_to=None).order_by("id").first()
    if row is not None:
        change = reverse(f"admin:city_{model._meta.model_name}_change", args=[row.pk])
        one = administrator.get(change)
        assert one.status_code == 200
        assert b'name="_save"' not in one.content
        assert administrator.post(change, {"code": "other"}).status_code == 403
    assert administrator.get(f"{address}add/").status_code == 403
    assert administrator.get(f"{address}?q=990").status_code == 200


def test_every_column_has_its_word_and_every_model_a_name() -> None:
    for model, each in admin.site._registry.items():
        assert f"admin.model_{model.__name__}" in WORDS, model
        for field in getattr(each, "columns", ()):
            assert f"admin.field_{field}" in WORDS, (model, field)


def test_an_older_version_and_another_city_are_not_shown(administrator: Client, site: Life) -> None:
    from cityloom.city.models import CalendarDay

    row = CalendarDay.objects.filter(version_to=None).first()
    assert row is not None
    row.version_to = site.city.version
    row.save()
    assert administrator.get(reverse("admin:city_calendarday_change", args=[row.pk])).status_code == 302


def test_an_account_is_edited_and_groups_and_permissions_stay_out(administrator: Client, django_user_model: Any):
    user = django_user_model.objects.get(username="handler_e1")
    change = reverse("admin:auth_user_change", args=[user.pk])
    page = administrator.get(change).content.decode()
    assert "user_permissions" not in page
    assert 'name="groups"' not in page
    administrator.post(
        change, {"username": "handler_e1", "last_name": "周", "first_name": "", "email": "", "is_active": "on"}
    )
    user.refresh_from_db()
    assert user.last_name == "周"


def test_lists_cost_the_same_however_many_rows_they_show(administrator: Client) -> None:
    for model in FOLDER:
        with CaptureQueriesContext(connection) as asked:
            administrator.get(reverse(f"admin:city_{model._meta.model_name}_changelist"))
        assert len(asked) <= 13, [q["sql"][:80] for q in asked]


def test_who_acts_as_administrator_looks_at_the_folder_and_edits_no_account(
    site: Life, browser_of: Callable[..., Client], django_user_model: Any
) -> None:
    client = browser_of("admin")
    assert "units.csv" in client.get(reverse("admin:city_unit_changelist")).content.decode()
    assert "Areas" in client.get(reverse("admin:index")).content.decode()
    own = django_user_model.objects.get(username="admin")
    own_page = reverse("admin:auth_user_change", args=[own.pk])
    assert client.get(own_page).status_code == 403
    assert client.post(own_page, {"username": "admin", "is_superuser": "on"}).status_code == 403
    own.refresh_from_db()
    assert not own.is_superuser


def test_a_choice_of_light_or_dark_holds_in_the_administration(administrator: Client) -> None:
    administrator.cookies["theme"] = "ink"
    assert "look-ink" in administrator.get(reverse("admin:city_area_changelist")).content.decode()
    styles = Path(cityloom.web.__file__).parent / "static" / "cityloom"
    tokens, dressed = ((styles / name).read_text(encoding="utf-8") for name in ("tokens.css", "admin.css"))
    for theme in ("ink", "paper"):
        by_choice = re.search(rf'\[data-theme="{theme}"\]\s*\{{([^}}]*)\}}', tokens)
        assert by_choice
        assert by_choice[1] in dressed, "the lines of tokens.css"


def test_who_is_no_administrator_stays_outside(site: Life, browser_of: Callable[..., Client]) -> None:
    answer = browser_of("dispatcher").get(reverse("admin:city_area_changelist"))
    assert answer.status_code == 302
