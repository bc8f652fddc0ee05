"""Who may act in somebody's place, by which of the posts, and for how long. Pure.

A deputy has the post he stands in for and nothing more: the same role, unit and area, on days on which the post
itself is held. He does not pass it on. Guards that ask who did something look at both persons (`Post.persons`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

register(
    {
        "deputy.nobody": ("本市没有用户名为{login}的人员", "nobody in this city has the login {login}"),
        "deputy.self": ("不能由本人代班，请另选一人", "nobody stands in for himself; choose somebody else"),
        "deputy.not_your_post": (
            "只能为自己的岗位，或督办员、值班长、领导为本单位的岗位指定代班人",
            "a deputy is named for a post of one's own, or by a supervisor, shift lead or leader for one of the unit",
        ),
        "deputy.of_a_deputy": (
            "代班的岗位不能再转给别人代班",
            "a post held as a deputy is not passed on to another one",
        ),
        "deputy.days": (
            "请填写起止日期：不早于今天，止期不早于起期，最长{most}天",
            "give the first and the last day: not before today, in order, {most} days at most",
        ),
        "deputy.not_a_day": (
            "“{text}”不是日期，请写成2026-06-30",
            "“{text}” is no day; write for example 2026-06-30",
        ),
        "deputy.post_ends": (
            "该岗位到{last}为止，代班不能超过岗位任期",
            "the post ends on {last}; a deputy's days end with it",
        ),
        "deputy.split": (
            "管理员、数据管理员、审计员三种岗位须由不同的人担任，{login}已有其中之一",
            "administrator, data steward and auditor are different persons; {login} is one of them already",
        ),
        "deputy.holds_it": ("{login}本来就有这个岗位", "{login} holds this very post already"),
        "deputy.gone": ("没有这条代班，或它已结束", "there is no such deputy, or it has ended"),
    }
)
NAMES_FOR_OTHERS = frozenset({Role.SUPERVISOR, Role.SHIFT_LEAD, Role.LEADER})
SPLIT = frozenset({Role.ADMIN, Role.DATA_STEWARD, Role.AUDITOR})  # never two of these in one hand
MOST_DAYS = 90


class CannotDepute(CityloomError):
    """A deputy who cannot be named, with the reason and what would be right."""


@dataclass(frozen=True)
class DeputySpan:
    """A deputy for one post of `login` over days, both ends included."""

    id: int
    login: str
    deputy: str
    role: str
    unit: str
    area: str
    first_day: date
    last_day: date
    set_by: str = ""


def check_deputy(
    city: City, by: Post, post: Post, deputy: str, held: Sequence[Post], first: date, last: date, today: date
) -> None:
    """Raise CannotDepute unless `by` may have `deputy`, who holds the posts `held` today, act by `post` then."""
    most = int(city.settings.limits.get("deputy_days", MOST_DAYS))
    if post.for_login:
        raise CannotDepute("deputy.of_a_deputy")
    if post.login != by.login and not may_name_for(city, by, post):
        raise CannotDepute("deputy.not_your_post")
    if deputy == post.login:
        raise CannotDepute("deputy.self")
    if not held:
        raise CannotDepute("deputy.nobody", login=deputy[:40])
    if not (today <= first <= last <= first + timedelta(days=most - 1)):
        raise CannotDepute("deputy.days", most=most)
    if post.valid.end is not None and last > post.valid.end:
        raise CannotDepute("deputy.post_ends", last=post.valid.end.isoformat())
    if any((p.role, p.unit, p.area) == (post.role, post.unit, post.area) for p in held):
        raise CannotDepute("deputy.holds_it", login=deputy)
    if post.role in SPLIT and any(p.role in SPLIT - {post.role} for p in held):
        raise CannotDepute("deputy.split", login=deputy)


def may_name_for(city: City, by: Post, post: Post) -> bool:
    """Whether one post may name deputies for another person's: of its own unit or one below it, in its area."""
    if by.role not in NAMES_FOR_OTHERS or by.for_login or post.role in SPLIT:
        return False
    in_unit = by.unit is None or (post.unit is not None and by.unit in city.unit_chain(post.unit))
    in_area = by.area is None or (post.area is not None and by.area in (*city.ancestors(post.area), post.area))
    return in_unit and in_area


def posts_as_deputy(
    city: City, deputy: str, spans: Iterable[DeputySpan], held_by: Callable[[str], Iterable[Post]], today: date
) -> tuple[Post, ...]:
    """The posts by which a person acts in others' places today: each as it is held today, never wider.

    `held_by` gives the posts that a login holds today.
    """
    name = next((p.name for p in city.posts.get(deputy, ()) if p.name), "")
    found = []
    for span in spans:
        if not span.first_day <= today <= span.last_day:
            continue
        for post in held_by(span.login):
            if (post.role.value, post.unit or "", post.area or "") == (span.role, span.unit, span.area):
                found.append(replace(post, login=deputy, name=name, for_login=span.login))
    return tuple(found)
