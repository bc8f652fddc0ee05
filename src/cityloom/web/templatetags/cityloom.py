"""`say` for texts, `when` and `left` for times, `options` for long choices, `chrome` for the frame around a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from cityloom.base.errors import CityloomError
from cityloom.city.values import Post
from cityloom.web import context as around
from cityloom.web.feed_links import FeedLink, feeds_of
from cityloom.web.forms import Group
from cityloom.web.look import Look, look_of
from cityloom.web.moments import exact_moment, say_moment, say_span
from cityloom.web.naming import names
from cityloom.web.navigation import IN_THE_ROW, Link, links_for
from cityloom.web.words import say as say_words

register = template.Library()


@register.simple_tag
def say(key: str, **params: Any) -> str:
    """The text of a key in the visitor's language."""
    return say_words(key, **params)


@dataclass(frozen=True)
class Chrome:
    """What stands around every page."""

    city: str
    lang: str
    other_lang: str
    login: str
    person: str
    post: Post | None
    post_name: str
    several_posts: bool
    row: list[Link]
    more: list[Link]
    look: Look
    themes: tuple[tuple[str, str], ...] = (("", "look.device"), ("paper", "look.paper"), ("ink", "look.ink"))


@register.simple_tag(takes_context=True)
def chrome(context: template.Context) -> Chrome:
    """The frame of this request; a city that is not loaded leaves its name out."""
    request = context.get("request")
    lang = around.language()
    user = getattr(request, "user", None)
    login = user.get_username() if user is not None and user.is_authenticated else ""
    post, several, name = None, False, say_words("app.name")
    try:
        city = around.city()
        name = city.name.in_language(lang)
        if request is not None and login:
            post, several = around.post_of(request, city), len(around.posts_of(request, city)) > 1
        post_name = names(city).post(post) if post else ""
    except CityloomError:
        post_name = ""  # the page itself tells what is wrong
    links = links_for(post, request.path if request is not None else "")
    return Chrome(
        city=name,
        lang="zh-Hans" if lang == "zh" else "en",
        other_lang="en" if lang == "zh" else "zh-hans",
        login=login,
        person=(user.get_full_name() or login) if user is not None and login else "",
        post=post,
        post_name=post_name,
        several_posts=several,
        row=links[:IN_THE_ROW],
        more=links[IN_THE_ROW:],
        look=look_of(request),
    )


def _zone() -> tzinfo:
    return around.city().calendar().tz


@register.simple_tag
def when(at: datetime | None) -> SafeString | str:
    """A moment as a person says it, exact on hover."""
    if at is None:
        return ""
    tz = _zone()
    said = say_moment(at, around.clock().now(), tz, around.language())
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact_moment(at, tz), said)


@register.simple_tag
def left(at: datetime | None) -> str:
    """How long until a moment, or how long ago it was."""
    if at is None:
        return ""
    seconds = (at - around.clock().now()).total_seconds()
    key = "time.left" if seconds >= 0 else "time.over"
    return say_words(key, span=say_span(seconds, around.language()))


@register.simple_tag
def age(at: datetime) -> str:
    """How long something has been there."""
    return say_span((around.clock().now() - at).total_seconds(), around.language())


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: str = "") -> SafeString:
    """The options of a choice, code and name; written at once, for a page may have hundreds of them."""
    return mark_safe(  # noqa: S308 (code and name are escaped here)
        "".join(
            f'<option value="{escape(code)}"{" selected" if code == chosen else ""}>{escape(name)}</option>'
            for code, name in choices
        )
    )


@register.simple_tag
def option_groups(groups: Iterable[Group], chosen: str = "") -> SafeString:
    """The options of a choice under their headings."""
    parts = (f'<optgroup label="{escape(g.title)}">{options(g.choices, chosen)}</optgroup>' for g in groups)
    return mark_safe("".join(parts))  # noqa: S308 (all parts are escaped)


@register.simple_tag
def feed_links() -> list[FeedLink]:
    """The feeds of the city and its districts, the city's first."""
    return feeds_of(around.city())
