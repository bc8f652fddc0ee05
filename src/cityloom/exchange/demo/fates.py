"""What became of each matter of the demo's year: who took it up, how fast, how honestly. Pure; chance is given.

The course follows the shipped paths (`city/standard_paths.toml`); how long things take and how they end is up to
the unit's character. Moments are seconds since 1970.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from math import exp, log

from cityloom.cases.dispatching import Route, choose_lead, is_working_moment
from cityloom.cases.guards import PUBLIC
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.promises import limit_of, promises_nothing
from cityloom.city.clock_values import Limit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role, Standard
from cityloom.exchange.demo.characters import Cast, Character, slowed
from cityloom.exchange.demo.happening import Happening
from cityloom.exchange.demo.plans import RESIDENT, Heard, Plan, Said, Step, moment
from cityloom.exchange.demo.wording import Dice, Wording
from cityloom.sla.clocks import due_at, resumed_due

DAY, HOUR = 86_400, 3_600
REACHED = 0.86
ROUTES = 4_000  # kept at most; cases near in time seldom go the same way
ROUNDS = 3  # how often a resident says "not solved" before it is


class People:
    """Who could have done it: the posts of a city that last from the first to the last day, nearest first."""

    def __init__(self, city: City, first: date, last: date) -> None:
        self._city = city
        self._of: dict[Role, list[Post]] = {}
        self._handlers: dict[str, list[Post]] = {}
        self._near: dict[tuple[Role, str | None], list[Post]] = {}
        for posts in city.posts.values():
            for post in (p for p in posts if p.valid.covers(first) and p.valid.covers(last)):
                self._of.setdefault(post.role, []).append(post)
                if post.role is Role.HANDLER and post.unit:
                    self._handlers.setdefault(post.unit, []).append(post)

    def one(self, role: Role, areas: Sequence[str], dice: Dice) -> Post:
        """Somebody with that role in charge of the place, of the smallest area that has one."""
        key = (role, areas[-1] if areas else None)
        if key not in self._near:
            posts = [p for p in self._of.get(role, ()) if p.area is None or p.area in areas]
            deepest = max((areas.index(p.area) if p.area else -1 for p in posts), default=-1)
            self._near[key] = [p for p in posts if (areas.index(p.area) if p.area else -1) == deepest]
        found = self._near[key]
        return dice.pick(found) if found else Post(f"{role.value}.former", role)

    def handler(self, unit: str, dice: Dice) -> Post:
        """Somebody of the unit; where nobody is left of it, somebody who has gone since."""
        found = self._handlers.get(unit)
        return dice.pick(found) if found else Post(f"handler.{unit}.former", Role.HANDLER, unit)

    def works(self, unit: str) -> bool:
        return unit in self._handlers


class Fates:
    """Plans the cases of one city; `loads` tells for each unit and day how its cases compare with its usual day."""

    def __init__(self, city: City, wording: Wording, cast: Cast, span: tuple[int, int], seed: int) -> None:
        self.city = city
        self.wording = wording
        self.cast = cast
        self.began, self.until = span
        tz = city.calendar().tz
        first, last = (moment(second).astimezone(tz).date() for second in span)
        self.people = People(city, first, last)
        self.callers = 1
        self.loads: dict[tuple[str, date], float] = {}
        self._seed = seed
        self._calendar = city.calendar()
        self._tz = self._calendar.tz
        self._limits: dict[tuple[str, str | None], Limit | None] = {}
        self._routes: dict[tuple[object, ...], Route] = {}
        self._below: dict[str, list[str]] = {}
        bounds = {d.valid.start for d in city.duties} | {u.valid.start for u in city.units.values()}
        bounds |= {d.valid.end for d in city.duties} | {u.valid.end for u in city.units.values()}
        self._bounds = sorted(b for b in bounds if b is not None)

    # --- what the city says ---

    def route(self, happening: Happening, at: int) -> Route:
        """Whom the dispatch of this matter names at that moment."""
        when = moment(at)
        working = is_working_moment(when, self._calendar)
        place, source = happening.spot.place, happening.source
        day = when.astimezone(self._tz).date()
        epoch = sum(b <= day for b in self._bounds)
        key = (happening.matter.code, place.area, happening.spot.component, source == "sensor", working, epoch)
        if key not in self._routes:
            if len(self._routes) >= ROUTES:
                self._routes.clear()
            component = happening.spot.component
            self._routes[key] = choose_lead(self.city, happening.matter.code, place.area, component, source, when)
        return self._routes[key]

    def due(self, kind: str, standard: Standard | None, start: int) -> int | None:
        limit = self.limit(kind, standard)
        return None if limit is None else int(due_at(moment(start), limit, self._calendar).at.timestamp())

    def limit(self, kind: str, standard: Standard | None) -> Limit | None:
        key = (kind, f"{standard.class_code}\0{standard.code}" if standard else None)
        if key not in self._limits:
            rule = self.city.paths.clocks[kind]
            urgency = standard.urgency.value if standard else "ordinary"
            nothing = promises_nothing(rule, standard)
            self._limits[key] = None if nothing else limit_of(rule, standard, urgency)
        return self._limits[key]

    def resumed(self, kind: str, standard: Standard | None, due: int, paused: int, resumed: int) -> int:
        limit = self.limit(kind, standard)
        assert limit is not None
        calendar = self._calendar.with_hours(limit.hours)
        return int(resumed_due(moment(due), moment(paused), moment(resumed), limit.unit, calendar).at.timestamp())

    def below(self, unit: str) -> list[str]:
        """The units under a unit that have people of their own."""
        if unit not in self._below:
            below = sorted(self.city.units_below(unit) - {unit})
            self._below[unit] = [u for u in below if self.people.works(u)]
        return self._below[unit]

    def pace(self, unit: str, part: Character, at: int, areas: Sequence[str]) -> float:
        """How the day slows the unit down, as a factor of its usual share of the promise."""
        day = moment(at).astimezone(self._tz).date()
        progress = (at - self.began) / max(1, self.until - self.began)
        return slowed(part, self.loads.get((unit, day), 1.0), day, progress, self.cast.improving in areas)

    # --- plans ---

    def plan(self, index: int, happening: Happening, dice: Dice) -> Plan:
        """The whole course, cut off at the end of the history."""
        return _Course(self, index, happening, dice).plan()

    def mark(self, index: int, number: int) -> bytes:
        """What stands for a tracking code that nobody was given."""
        return hashlib.sha256(b"mark %d %d %d" % (self._seed, index, number)).digest()

    def by_day(self, at: float, dice: Dice) -> int:
        """The moment, moved into the hours in which people work: on from the evening to the next morning."""
        local = datetime.fromtimestamp(at, self._tz)
        if 8 <= local.hour < 19:
            return int(at)
        on = 0 if local.hour < 8 else 1
        midnight = int(at) - local.hour * HOUR - local.minute * 60 - local.second
        return midnight + on * DAY + int((8.4 + 2.6 * dice.u()) * HOUR)


class _Course:
    """One case on its way. `at` is the moment of the last step of the main line."""

    def __init__(self, fates: Fates, index: int, happening: Happening, dice: Dice) -> None:
        self.f, self.h, self.dice, self.index = fates, happening, dice, index
        self.at = happening.opened
        self.steps: list[Step] = []
        self.aside: list[Step] = []
        self.said: list[Said] = []
        self.hold = False
        self.waits = False
        self.leads: list[str] = []
        self.assists: list[tuple[str, ...]] = []
        self.by_register = ""
        self.promise: int | None = None
        self.handling: int | None = None
        self.handling_from = self.at
        self.unsettled: list[int] = []
        self.outcomes: dict[int, str] = {}  # of each report: yes, partly, no, exempt; blank while it was not reached
        day = moment(self.at).astimezone(fates.city.calendar().tz).date()
        rows = fates.city.standards_on(happening.matter.code, day)
        default = rows[0] if rows else None
        self.standard = default if not rows or dice.u() < 0.74 else dice.pick(rows)
        self.urgent = self.standard is not None and self.standard.urgency == "urgent"

    def plan(self) -> Plan:
        nature = self.h.matter.nature
        self._say_first()
        if nature == "matter":
            if self.h.matter.kind == "hotline":
                self._hotline()
            else:
                self._street()
        elif nature == "praise":
            pass
        else:
            self._asked(nature)
        spot = self.h.spot
        until = self.f.until
        told = (*self.steps, *self.aside)
        steps = sorted((s for s in told if s.at <= until), key=lambda s: s.at)
        joined = sum(s.about == "join" for s in steps)
        return Plan(
            self.index, self.h.source, self.h.matter, self.standard, spot.place, spot.component,
            tuple(self.said[: 1 + joined]), self.hold, tuple(steps), tuple(self.leads), tuple(self.assists),
            self.by_register, len(steps) < len(told) or self.waits,
        )  # fmt: skip

    # --- saying ---

    def _say_first(self) -> None:
        h, f = self.h, self.f
        place = self.dice.pick(h.spot.names)
        words = f.wording.report(h.told, h.matter.nature, h.source, place, self.dice, h.again >= 0 or h.hot >= 0)
        self.said.append(self._said(h.source, self.at, words, h.caller))
        if h.matter.nature != "matter" and h.source == "hotline":
            self.hold = True

    def _said(self, source: str, at: int, words: str, caller: int | None) -> Said:
        by = self._taker(source)
        mark = self.f.mark(self.index, len(self.said)) if source in PUBLIC else None
        return Said(at, words, by, source, self.f.wording.language, caller, mark)

    def _taker(self, source: str) -> Post:
        areas = self.h.spot.place.areas
        match source:
            case "hotline":
                return self.f.people.one(Role.HOTLINE_AGENT, areas, self.dice)
            case "grid_worker":
                return self.f.people.one(Role.GRID_WORKER, areas, self.dice)
            case "inspection":
                return self.f.people.one(Role.CHECKER, areas, self.dice)
            case "sensor":
                return SYSTEM
        return RESIDENT

    def _joins(self) -> None:
        """Neighbours who report the same while the unit works on it; they say so themselves. Where work went wrong,
        they wait for its end: few different kinds of lives are quick to print."""
        if not self._is_smooth():
            return
        chance = 0.22 if self.h.storm else 0.14 if self.h.hot >= 0 else 0.035
        handled = next(i for i, step in enumerate(self.steps) if step.move == "handle")
        first = self.steps[handled - 1].at if handled else self.h.opened
        last = min([self.steps[handled].at, *(step.at for step in self.aside if step.at > first)])
        while len(self.said) < 4 and last - first > 1800 and self.dice.u() < chance:
            at = first + int((last - first) * (0.02 * len(self.said) + 0.01 * self.dice.u()))
            words = self.f.wording.joining(self.h.told, self.dice.pick(self.h.spot.names), self.dice)
            caller = None if self.h.caller is None else (self.h.caller + 7 * len(self.said)) % self.f.callers
            self.said.append(self._said("resident", at, words, caller))
            self.aside.append(Step(at, "join", RESIDENT, "join", number=len(self.said) - 1))

    # --- the paths ---

    def _asked(self, nature: str) -> None:
        """A question, a suggestion, a demand: settled at the desk, or by the unit that knows."""
        agent = self.said[0].by if self.h.source == "hotline" else None
        if not self.hold and nature in ("enquiry", "suggestion") and self.h.spot.place.area is not None:
            route = self._dispatched(self.at)
            if route is not None:
                self._answered_by(route)
                return
        by = agent or self.f.people.one(Role.HOTLINE_AGENT, self.h.spot.place.areas, self.dice)
        wait = (
            int(120 + 600 * self.dice.u())
            if agent
            else self.f.by_day(self.at + 2 * HOUR * self.dice.u(), self.dice) - self.at
        )
        at = self.at + max(60, wait)
        if nature == "enquiry":
            self._step(at, "answer", by, note="answer")
        elif nature == "suggestion":
            self._step(at, "take_note", by, note="take_note")
        else:
            self._step(at, "explain", by, note="explain", word="explained.other_route")

    def _answered_by(self, route: Route) -> None:
        assert route.lead is not None
        handler = self.f.people.handler(route.lead, self.dice)
        at = self._signed(route.lead, self.at)
        self._step(at, "sign", handler)
        self._step(self.f.by_day(at + HOUR * (0.5 + 20 * self.dice.u()), self.dice), "reply", handler, note="reply")
        self._overdue(self.h.opened, self.steps[-1].at, self.promise, "promise")

    def _street(self) -> None:
        h, f = self.h, self.f
        at = self.at
        if h.source in PUBLIC and h.matter.verify:
            wait = (0.15 if self.urgent else 0.5) * HOUR * exp(0.7 * self.dice.n())
            at = f.by_day(at + wait, self.dice) if not self.urgent else at + int(wait)
            if self.dice.u() < 0.007:
                self._step(at, "withdraw", RESIDENT, word="withdrawn.by_resident")
                self._route_only(at)
                return
            if self.dice.u() < 0.04:
                self._route_only(at)
                by = f.people.one(Role.SHIFT_LEAD, h.spot.place.areas, self.dice)
                self._step(
                    at + 1800,
                    "not_accept",
                    by,
                    word=self.dice.pick(("not_accepted.not_found", "not_accepted.solved_already")),
                )
                return
            by = f.people.one(Role.GRID_WORKER, h.spot.place.areas, self.dice)
            self._step(at, "verify", by, note="verify")
        self._work(at, replied=False)

    def _hotline(self) -> None:
        if self.dice.u() < 0.006 and self.h.source == "resident":
            if self._dispatched(self.at) is not None:
                self._step(
                    self.at + 900 + int(3000 * self.dice.u()), "withdraw", RESIDENT, word="withdrawn.by_resident"
                )
            return
        self._work(self.at, replied=True)

    def _work(self, begins: int, replied: bool) -> None:
        """From the first dispatch to the end, over rework and reopening."""
        self.unsettled = [0]
        at = begins
        for number in range(ROUNDS):
            promised_at = at
            self.promise = self.f.due("promise", self.standard, at)
            route = self._dispatched(at)
            lead = route.lead if route is not None else self._chosen(at)
            if lead is None:
                self.waits = True
                return
            at = at if route is not None else self.steps[-1].at
            part = self.f.cast.of(lead)
            lead, at = self._taken_up(lead, part, at, replied, number == 0)
            part = self.f.cast.of(lead)
            at = self._handled(lead, part, at, promised_at, replied)
            if number == 0:
                self._joins()
                self.unsettled = list(range(len(self.said)))
            at = self._settled(lead, part, at, promised_at, replied, number)
            if number == 0 and route is not None:
                self._assisted(route)
            if at >= self.f.until or not self._comes_back(part, number):
                return
            at = self._reopened(at)

    def _taken_up(self, lead: str, part: Character, at: int, replied: bool, first: bool) -> tuple[str, int]:
        """Signed, after it was perhaps sent back, objected to or passed on; the unit that works on it, and when."""
        f, dice = self.f, self.dice
        handling_due = f.due("handling", self.standard, at)
        self.handling, self.handling_from = handling_due, at
        signs = self._signed(lead, at)
        if first and dice.u() < part.objects:
            self._step(signs - 120, "object", f.people.handler(lead, dice), note="object", word="object.not_our_duty")
        if first and dice.u() < part.returns:
            by = f.people.handler(lead, dice)
            word = "return.not_ours" if dice.u() < 0.8 else "return.wrong_class"
            signs = self._step(signs, "return", by, word=word)
            back = f.by_day(signs + HOUR * (0.4 + 3 * dice.u()), dice)
            judge = f.people.one(Role.DISPATCHER, self.h.spot.place.areas[:1], dice)
            other = self._other_unit(lead)
            if handling_due is not None and handling_due < signs:
                self._overdue(at, signs, handling_due, "handling")
            if other is not None and dice.u() < 0.55:
                back = self._step(back, "redispatch", judge, word="adjudicated.redispatched", unit=other)
                lead = other
                self.handling, self.handling_from = f.due("handling", self.standard, back), back
            else:
                back = self._step(back, "uphold", judge, word="adjudicated.upheld")
                if handling_due is not None:
                    self.handling = f.resumed("handling", self.standard, handling_due, signs, back)
                    self.handling_from = back
            signs = self._signed(lead, back)
        handler = f.people.handler(lead, dice)
        signs = self._step(signs, "sign", handler)
        below = f.below(lead)
        if first and below and dice.u() < 0.05:
            lead = dice.pick(below)
            on = signs + 600 + int(3600 * dice.u())
            on = self._step(on, "pass_on", handler, unit=lead)
            signs = self._signed(lead, on)
            handler = f.people.handler(lead, dice)
            signs = self._step(signs, "sign", handler)
        if replied:
            self._step(f.by_day(signs + HOUR * 0.3 * exp(0.8 * dice.n()), dice), "contact", handler, note="contact")
        return lead, self.steps[-1].at

    def _handled(self, lead: str, part: Character, at: int, promised_at: int, replied: bool) -> int:
        """Done, by the unit's pace; a checker may find it undone and send it back first."""
        f, dice = self.f, self.dice
        due = self.promise or promised_at + 5 * DAY
        pace = f.pace(lead, part, promised_at, self.h.spot.place.areas)
        share = exp(log(part.median * pace) + part.scatter * dice.n())
        done = promised_at + (due - promised_at) * min(share, 6.0)
        done = int(done) if self.urgent else f.by_day(done, dice)
        if share < 0.97 and done > due:
            done = max(at + 300, due - int(1800 * (1 + dice.u())))
        done = max(done, at + 240 + int(900 * dice.u()))
        handler = f.people.handler(lead, dice)
        done = self._step(done, "handle", handler, note=self._done_note(part))
        self._overdue(self.handling_from, done, self.handling, "handling")
        if not replied or self.h.matter.check:
            done = self._checked(lead, part, done, replied)
        return done

    def _checked(self, lead: str, part: Character, done: int, replied: bool) -> int:
        f, dice = self.f, self.dice
        for _ in range(2):
            role = Role.CHECKER if replied else Role.GRID_WORKER
            checker = f.people.one(role, self.h.spot.place.areas, dice)
            looks = f.by_day(done + HOUR * exp(0.6 + 0.7 * dice.n()), dice)
            if dice.u() >= part.reworks:
                return self._step(looks, "pass_check", checker, note="check")
            looks = self._step(looks, "rework", checker, word="rework.not_done")
            due = f.due("handling", self.standard, looks)
            again = f.by_day(looks + 0.35 * ((due or looks + DAY) - looks) * (0.5 + dice.u()), dice)
            again = max(again, looks + 900)
            done = self._step(again, "handle", f.people.handler(lead, dice), note="done")
            self._overdue(looks, done, due, "handling")
        looks = f.by_day(done + 2 * HOUR, dice)
        return self._step(looks, "pass_check", f.people.one(role, self.h.spot.place.areas, dice), note="check")

    def _settled(self, lead: str, part: Character, at: int, promised_at: int, replied: bool, number: int) -> int:
        """Replied to and called back, as often as the resident says that nothing is solved."""
        f, dice = self.f, self.dice
        for again in range(ROUNDS):
            if replied:
                note = "hollow_reply" if part.name == "hollow" and dice.u() < 0.6 else "reply"
                at = max(at + 300, f.by_day(at + HOUR * (0.2 + 1.5 * dice.u()), dice))
                at = self._step(at, "reply", f.people.handler(lead, dice), note=note)
            if again == 0:
                self._overdue(promised_at, at, self.promise, "promise")
            called = [i for i in self.unsettled if self._is_called(i)]
            if not called:
                return at
            at, solved = self._called_back(called, at, part, again + number)
            if solved:
                return at
            due = f.due("handling", self.standard, at)
            again_at = f.by_day(at + 0.4 * ((due or at + 2 * DAY) - at) * (0.5 + dice.u()), dice)
            again_at = self._step(max(again_at, at + 1200), "handle", f.people.handler(lead, dice), note="done")
            self._overdue(at, again_at, due, "handling")
            at = again_at
            if not replied or self.h.matter.check:
                at = f.by_day(at + 2 * HOUR, dice)
                role = Role.CHECKER if replied else Role.GRID_WORKER
                at = self._step(at, "pass_check", f.people.one(role, self.h.spot.place.areas, dice), note="check")
        return at

    def _is_called(self, number: int) -> bool:
        said = self.said[number]
        return said.source in PUBLIC and said.reporter is not None

    def _called_back(self, called: list[int], at: int, part: Character, again: int) -> tuple[int, bool]:
        """Each report apart; the first "not solved" sends the case back at once, the others wait."""
        f, dice = self.f, self.dice
        for number in called:
            at = max(at + 600, f.by_day(at + HOUR * (2 + 30 * dice.u()), dice))
            agent = f.people.one(Role.CALLBACK_AGENT, self.h.spot.place.areas[:1], dice)
            if dice.u() > REACHED and (len(called) == 1 and not again and self._is_smooth()):
                at = self._report_step(at, "attempt_callback", agent, number, Heard("no_answer"))
                at = f.by_day(at + HOUR * (5 + 24 * dice.u()), dice)
            elif dice.u() < 0.02:
                at = self._report_step(at, "attempt_callback", agent, number, Heard("refused"))
                self.outcomes[number] = "exempt"
                continue
            late = self.promise is not None and self.steps[-1].at > self.promise
            unsolved = min(0.9, part.unsolved * (1.6 if late else 1.0)) / (1 + again)
            draw = dice.u()
            if draw < unsolved and again < ROUNDS - 1:
                at = self._report_step(at, "call_back", agent, number, Heard("yes", "no", "unsatisfied"))
                self.unsettled = [i for i in called if self.outcomes.get(i, "") in ("", "no", "partly")]
                return at, False
            if draw < unsolved + 0.09:
                heard = Heard("yes", "partly", "basically" if dice.u() < 0.7 else "unsatisfied")
            else:
                mood = dice.u() + (0.12 if late else 0.0)
                heard = Heard(
                    "yes", "yes", "satisfied" if mood < 0.86 else "basically" if mood < 0.97 else "unsatisfied"
                )
            at = self._report_step(at, "call_back", agent, number, heard)
        return at, True

    def _comes_back(self, part: Character, number: int) -> bool:
        return self.h.source in PUBLIC and number < ROUNDS - 1 and self.dice.u() < part.reopens

    def _reopened(self, at: int) -> int:
        """The resident says that it is not solved, or that it came back."""
        at = int(at + DAY * (0.6 + 9 * self.dice.u()))
        at = self._step(at, "reopen", RESIDENT, word=self.dice.pick(("reopened.unsolved", "reopened.came_back")))
        self.unsettled = [i for i, solved in self.outcomes.items() if solved == "partly"]
        return at

    # --- parts ---

    def _route_only(self, at: int) -> None:
        """Remember whom a dispatch would have named, for a case that never came so far."""
        self._dispatched(at)

    def _dispatched(self, at: int) -> Route | None:
        """Whom the system names now; None where a dispatcher would have to choose, which leaves the case waiting."""
        route = self.f.route(self.h, at)
        if route.lead is None:
            return None
        self.leads.append(route.lead)
        self.assists.append(route.assisting)
        code = route.reason.code.removeprefix("duty.component_")
        self.by_register = code if route.reason.code.startswith("duty.component_") else ""
        return route

    def _chosen(self, at: int) -> str | None:
        """The unit a dispatcher chooses where no duty names one: of the candidates the first that has people."""
        route = self.f.route(self.h, at)
        serving = self.f.city.units_serving(self.h.spot.place.area) if self.h.spot.place.area else ()
        units = [u for u in (*route.candidates, *serving, self.f.city.settings.last_resort) if u]
        able = [u for u in dict.fromkeys(units) if self.f.people.works(u)]
        if not able:
            return None
        judge = self.f.people.one(Role.DISPATCHER, self.h.spot.place.areas[:1], self.dice)
        self._step(self.f.by_day(at + HOUR * self.dice.u(), self.dice), "dispatch", judge, unit=able[0])
        return able[0]

    def _assisted(self, route: Route) -> None:
        """Where the work went smoothly, an assisting unit signs once the lead has signed, and finishes before it."""
        if not self._is_smooth():
            return
        signed = next((i for i, s in enumerate(self.steps) if s.move == "sign"), None)
        handled = next((i for i, s in enumerate(self.steps) if s.move == "handle"), None)
        if signed is None or handled is None:
            return
        after, before = self.steps[signed].at, self.steps[signed + 1].at
        first, last = self.steps[handled - 1].at, self.steps[handled].at
        for number, unit in enumerate(route.assisting[:1]):
            if self.dice.u() < 0.45 and before - after > 60 and last - first > 60:
                by = self.f.people.handler(unit, self.dice)
                signs = after + int((before - after) * (0.1 + 0.35 * self.dice.u()))
                done = first + int((last - first) * (0.5 + 0.45 * self.dice.u()))
                self.aside.append(Step(signs, "sign", by, "task", number=number))
                note = self.f.wording.note("finish", self.dice)
                self.aside.append(Step(done, "finish", by, "task", note=note, number=number))

    def _is_smooth(self) -> bool:
        """Whether nothing out of the ordinary has happened so far."""
        rough = ("rework", "return", "reopen", "pass_on", "object")
        return not self.aside and not any(step.move in rough for step in self.steps)

    def _other_unit(self, lead: str) -> str | None:
        """A unit beside the lead that serves the place and has people."""
        area = self.h.spot.place.area
        serving = self.f.city.units_serving(area) if area else ()
        asked = self.assists[-1] if self.assists else ()
        units = [u for u in (*serving, self.f.city.settings.last_resort) if u and u != lead and u not in asked]
        able = [u for u in dict.fromkeys(units) if self.f.people.works(u)]
        return able[0] if able else None

    def _signed(self, unit: str, at: int) -> int:
        part = self.f.cast.of(unit)
        wait = (0.25 if self.urgent else 1.0) * part.sign_h * HOUR * exp(0.8 * self.dice.n())
        signs = at + max(120.0, wait)
        return int(signs) if self.urgent else max(self.f.by_day(signs, self.dice), at + 120)

    def _done_note(self, part: Character) -> str:
        return "hollow" if part.name == "hollow" and self.dice.u() < 0.7 else "done"

    def _overdue(self, begins: int, ends: int, due: int | None, kind: str) -> None:
        """The due moment passed while the clock was running: it is told then."""
        if due is not None and begins <= due < ends:
            self.aside.append(Step(due, "overdue", SYSTEM, "clock", word=kind))

    def _step(self, at: int, move: str, by: Post, *, note: str = "", word: str = "", unit: str = "") -> int:
        """The next step of the main line, never before the last one; its moment."""
        text = self.f.wording.note(note, self.dice, self.standard) if note else ""
        when = self._after_last(at)
        late = move in ("reply", "pass_check") and self.promise is not None and when > self.promise
        self.steps.append(Step(when, move, by, "case", text, word, unit, is_late=late))
        return self.steps[-1].at

    def _report_step(self, at: int, move: str, by: Post, number: int, heard: Heard | None, word: str = "") -> int:
        self.steps.append(Step(self._after_last(at), move, by, "report", "", word, "", number, heard))
        self.outcomes[number] = heard.solved or "" if heard else "exempt"
        return self.steps[-1].at

    def _after_last(self, at: int) -> int:
        last = self.steps[-1].at if self.steps else self.h.opened
        return max(int(at), last + 30)
