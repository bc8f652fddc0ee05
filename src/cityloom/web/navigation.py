"""Which pages a person finds in the frame: one table by role. The first few stand in the row, the rest below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from cityloom.base.pretended import is_pretending
from cityloom.cases.handovers import DESKS
from cityloom.cases.orders import READERS as ORDER_READERS
from cityloom.cases.patrols import SEES_PATROLS, WALKS
from cityloom.cases.rule_replay import PROPOSERS as RULE_PROPOSERS
from cityloom.city.values import Post, Role
from cityloom.sensing.actions.judge_fire import SEES_FIRE
from cityloom.sensing.alarm_moves import READERS as SEES_ALARMS
from cityloom.sensing.sight import SEES_BIKES, SEES_SIGNS
from cityloom.web import context
from cityloom.web.hard_lists import SEES_PRECEDENTS
from cityloom.web.reading_roles import SEES_UNDERSTANDING
from cityloom.web.screen_roles import SEES_SCREEN
from cityloom.web.words import say

IN_THE_ROW = 5
DECIDERS = frozenset({Role.DISPATCHER, Role.SHIFT_LEAD, Role.SUPERVISOR, Role.LEADER})
GRID_READERS = frozenset({Role.SUPERVISOR, Role.LEADER, Role.DATA_STEWARD, Role.SHIFT_LEAD})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Link:
    """A page in the frame; `here` when it is the one that is shown."""

    href: str
    name: str
    here: bool = False


# Route, its words, and who finds it there, in the order of a working day.
PAGES: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("warden", "nav.warden", frozenset({Role.WARDEN})),
    ("field", "nav.field", WALKS),
    ("callbacks", "nav.callbacks", frozenset({Role.CALLBACK_AGENT})),
    ("audit", "nav.audit", frozenset({Role.AUDITOR})),
    ("dispatch", "nav.dispatch", frozenset({Role.DISPATCHER, Role.SHIFT_LEAD})),
    ("inbox", "nav.inbox", frozenset({Role.HANDLER})),
    ("check_desk", "nav.check_desk", frozenset({Role.CHECKER})),
    ("screen", "nav.screen", SEES_SCREEN),
    ("vital", "nav.vital", SEES_SIGNS),
    ("fire", "nav.fire", SEES_FIRE),
    ("bikes", "nav.bikes", SEES_BIKES),
    ("footfall", "nav.footfall", SEES_SIGNS),
    ("alarms", "nav.alarms", SEES_ALARMS),
    ("devices", "nav.devices", SEES_ALARMS),
    ("queue", "nav.queue", EVERYBODY),
    ("intake", "nav.intake", frozenset({Role.HOTLINE_AGENT, Role.SHIFT_LEAD})),
    ("rights_requests", "nav.requests", frozenset({Role.DATA_STEWARD})),
    ("waiting_requests", "nav.waiting", DECIDERS | {Role.HANDLER}),
    ("orders", "nav.orders", ORDER_READERS),
    ("handover", "nav.handover", DESKS),
    ("long_term", "nav.long_term", DECIDERS | {Role.HANDLER, Role.AUDITOR}),
    ("precedents", "nav.precedents", SEES_PRECEDENTS),
    ("rule_replay", "nav.rules", RULE_PROPOSERS),
    ("understanding", "nav.understanding", SEES_UNDERSTANDING),
    ("micro_grids", "nav.grids", GRID_READERS),
    ("patrols", "nav.patrols", SEES_PATROLS),
    ("service_accounts", "nav.services", frozenset({Role.ADMIN})),
    ("webhooks", "nav.webhooks", frozenset({Role.ADMIN})),
    ("messages", "nav.messages", frozenset({Role.ADMIN})),
    ("walls", "nav.walls", SEES_SCREEN),
    ("settings", "nav.settings", frozenset({Role.ADMIN})),
    ("paths", "nav.paths", EVERYBODY),
)
# The list that a role works from, where it is not the one for everybody.
HOMES = {
    Role.HANDLER: ("inbox", "nav.inbox"),
    Role.CHECKER: ("check_desk", "nav.check_desk"),
    Role.GRID_WORKER: ("field", "nav.field"),
    Role.CALLBACK_AGENT: ("callbacks", "nav.callbacks"),
    Role.SENSOR_OWNER: ("alarms", "nav.alarms"),
}


def _concern_bikes(post: Post) -> bool:
    """Whether the city watches shared bikes and, for a handler, whether its unit clears them."""
    rules = context.city().config.scenarios.bikes
    if rules is None or post.role is not Role.HANDLER:
        return rules is not None
    return any(firm.unit in post.units for firm in rules.operators.values())


ONLY_IF: dict[str, Callable[[Post], bool]] = {
    "bikes": _concern_bikes,
    "messages": lambda post: is_pretending(),
}
PUBLIC_PAGES = (
    ("report", "nav.report"),
    ("track", "nav.track"),
    ("public_map", "nav.publicmap"),
    ("paths", "nav.paths"),
)


def links_for(post: Post | None, path: str) -> list[Link]:
    """The pages of this post, or of everybody; `path` is the address that is shown."""
    if post is None:
        return [_link(route, words, path) for route, words in PUBLIC_PAGES]
    return [
        _link(route, words, path)
        for route, words, roles in PAGES
        if post.role in roles and (route not in ONLY_IF or ONLY_IF[route](post))
    ]


def home_of(post: Post) -> tuple[str, str]:
    """The list that a post works from: its address and its name."""
    route, words = HOMES.get(post.role, ("queue", "nav.queue"))
    return reverse(route), say(words)


def _link(route: str, words: str, path: str) -> Link:
    href = reverse(route)
    return Link(href, say(words), path == href or (href != "/" and path.startswith(href)))
