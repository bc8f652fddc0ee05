"""The administrator's page of settings: where the pages meet the environment and the health of what runs."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_safe

import cityloom
from cityloom.app import city_setting_words, setting_words
from cityloom.app.city_setting_words import CITY_SETTINGS, CitySetting
from cityloom.app.environment import SETTINGS, Environment
from cityloom.app.health_checks import looks
from cityloom.app.setting_words import WORDS_OF
from cityloom.app.shown_settings import HIDDEN, ShownSetting, shown_settings
from cityloom.base.chore_notes import chore_notes
from cityloom.base.clock import RealClock
from cityloom.base.pretended import is_pretending
from cityloom.cases.errors import NotAllowed
from cityloom.city.clock_values import WorkHours
from cityloom.city.models import Version
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names
from cityloom.web.settings_page import (
    ChoreLine,
    PartLine,
    PlaceLink,
    SettingGroup,
    SettingLine,
    SettingsPage,
    said_form,
    said_or,
    said_source,
    said_version,
)
from cityloom.web.shown import show
from cityloom.web.words import say

SILENT_AFTER = timedelta(minutes=2)
REQUIRED = frozenset(setting.name for setting in SETTINGS if setting.required)


@require_safe
@for_staff
def settings_page(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Every setting in force with where it comes from, and what runs with how it is. Nothing is changed here."""
    if post.role is not Role.ADMIN:
        roles = [Role.ADMIN.value]
        raise NotAllowed("error.not_allowed", role=post.role.value, move="see_settings", roles=roles)
    asked, only_given = request.GET.get("q", "").strip()[:80], request.GET.get("given") == "yes"
    version = Version.objects.get(city_id=city.id, number=city.version)
    named = names(city)
    folder = _folder_groups(city, version.settings, named)
    environment = _environment_groups()
    every = sum(len(group.lines) for group in (*folder, *environment))
    folder, environment = _wanted(folder, asked, only_given), _wanted(environment, asked, only_given)
    env = Environment.of_process()
    mode = say("settings.mode_production" if env.is_production else "settings.mode_demo")
    page = SettingsPage(
        asked=asked,
        only_given=only_given,
        found=sum(len(group.lines) for group in (*folder, *environment)),
        all=every,
        mode=mode,
        facts=_facts(mode, city),
        version=said_version(version.number, named.person(version.loaded_by), len(version.signatures)),
        loaded_at=version.loaded_at,
        note=version.note,
        parts=_parts(),
        chores=_chores(),
        folder=folder,
        environment=environment,
        places=_places(),
    )
    return show(request, page)


# --- the settings -------------------------------------------------------------------------------------------------


def _environment_groups() -> list[SettingGroup]:
    found = shown_settings(Environment.of_process())
    return _grouped(
        setting_words.GROUPS,
        [(WORDS_OF[each.name].group, _environment_line(each)) for each in found],
    )


def _environment_line(it: ShownSetting) -> SettingLine:
    words = WORDS_OF[it.name]
    hidden = it.value == HIDDEN or it.source == "generated"
    return SettingLine(
        name=it.name,
        help=words.zh if context.language() == "zh" else it.help.replace("`", ""),
        value="" if hidden else it.value,
        form=said_form(words.form),
        source=it.source,
        said_source=said_source(it.source),
        hidden=hidden,
        required=it.name in REQUIRED,
    )


def _folder_groups(city: City, given: Mapping[str, Any], named: Names) -> list[SettingGroup]:
    lines = [(each.group, _folder_line(each, city, given, named)) for each in CITY_SETTINGS]
    known = {each.key for each in CITY_SETTINGS}
    further = [key for key in given.get("limits", {}) if f"limits.{key}" not in known]
    lines += [("city", _further_line(key, given["limits"][key])) for key in further]
    return _grouped(city_setting_words.GROUPS, lines)


def _folder_line(it: CitySetting, city: City, given: Mapping[str, Any], named: Names) -> SettingLine:
    table, _, key = it.key.rpartition(".")
    found = (given.get(table, {}) if table else given).get(key)
    source = "city" if found is not None else "absent" if it.default in (None, "") else "default"
    return SettingLine(
        name=it.key,
        help=it.zh if context.language() == "zh" else it.en,
        value=_said_value(it, it.default if found is None else found, city, named),
        form=said_form(it.form),
        source=source,
        said_source=said_source(source),
    )


def _further_line(key: str, value: object) -> SettingLine:
    """A figure of [limits] that the table does not know; a city may keep figures for its own extensions."""
    return SettingLine(f"limits.{key}", "", str(value), said_form("number"), "city", said_source("city"))


def _said_value(it: CitySetting, value: Any, city: City, named: Names) -> str:
    if it.form == "hours_of":
        return "; ".join(f"{profile.name}: {_said_week(profile)}" for profile in city.config.hours)
    if value is None or value == "":
        return ""
    if it.form == "yes":
        return "✓" if value else "—"
    if it.form == "unit":
        return f"{named.unit(str(value))} ({value})"
    if isinstance(value, list | tuple):
        return ", ".join(f"{part:g}" if isinstance(part, float) else str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _said_week(profile: WorkHours) -> str:
    """Each run of alike days once: `1-5 09:00-12:00 13:30-17:30`, 1 is Monday."""
    runs: list[tuple[int, int, str]] = []
    for day, spans in enumerate(profile.week, start=1):
        said = " ".join(map(str, spans))
        if runs and runs[-1][2] == said and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day, said)
        elif said:
            runs.append((day, day, said))
    return ", ".join(f"{first}-{last} {said}" if last > first else f"{first} {said}" for first, last, said in runs)


def _grouped(order: Sequence[str], lines: Iterable[tuple[str, SettingLine]]) -> list[SettingGroup]:
    found: dict[str, list[SettingLine]] = {code: [] for code in order}
    for group, line in lines:
        found[group].append(line)
    return [SettingGroup(code, say(f"settings.group_{code}"), each) for code, each in found.items()]


def _wanted(groups: Sequence[SettingGroup], asked: str, only_given: bool) -> list[SettingGroup]:
    """The groups with the lines that hold every word asked for; groups without any are left out."""
    words = asked.casefold().split()

    def fits(line: SettingLine, title: str) -> bool:
        text = f"{line.name} {line.help} {line.value} {title}".casefold()
        return all(word in text for word in words) and (line.given or not only_given)

    left = [SettingGroup(g.code, g.title, [line for line in g.lines if fits(line, g.title)]) for g in groups]
    return [group for group in left if group.lines]


# --- versions and what runs ---------------------------------------------------------------------------------------


def _facts(mode: str, city: City) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        database = str(cursor.fetchone()[0]).split()[0]
    program = f"Cityloom {cityloom.__version__} · Python {platform.python_version()} · Django {django.__version__}"
    return [
        (say("settings.fact_program"), program),
        (say("settings.fact_database"), f"PostgreSQL {database}"),
        (say("settings.fact_mode"), mode),
    ]


def _parts() -> list[PartLine]:
    last = max((note.done_at for note in chore_notes().values()), default=None)
    own = [_part("web", True), _worker(last, RealClock().now()), _part("live", bool(settings.CITYLOOM_LIVE_URL))]
    return own + [_part(look.what, look.ok, ms=look.ms) for look in looks()]


def _worker(last: datetime | None, now: datetime) -> PartLine:
    return _part("worker", last is not None and now - last < SILENT_AFTER, at=last)


def _part(what: str, ok: bool, at: datetime | None = None, ms: float | None = None) -> PartLine:
    step = "" if ok else said_or(f"settings.step_{what}", "")
    about = said_or(f"settings.part_{what}_what", "")
    return PartLine(said_or(f"settings.part_{what}", what), about, ok, step, at, ms)


def _chores() -> list[ChoreLine]:
    notes = chore_notes().items()
    return [ChoreLine(said_or(f"settings.chore_{n}", n.replace("_", " ")), it.done_at, it.took_ms) for n, it in notes]


def _places() -> list[PlaceLink]:
    found = [
        PlaceLink(reverse("admin:index"), say("settings.place_admin"), say("settings.place_admin_what")),
        PlaceLink(reverse("paths"), say("nav.paths"), say("settings.place_paths_what")),
        PlaceLink(reverse("service_accounts"), say("nav.services"), say("settings.place_services_what")),
        PlaceLink(reverse("webhooks"), say("nav.webhooks"), say("settings.place_webhooks_what")),
    ]
    if is_pretending():
        found.append(PlaceLink(reverse("messages"), say("nav.messages"), say("settings.place_messages_what")))
    return found


urlpatterns = [path("", settings_page, name="settings")]
