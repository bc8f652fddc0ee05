"""What people and devices say on the demo's day: where, about what, in which words. Pure; chance is given."""

from __future__ import annotations

import random
import tomllib
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from itertools import accumulate

import shapely

from cityloom.city.alarm_rules import AlarmRule
from cityloom.city.folder_values import Thing
from cityloom.city.snapshot_values import City
from cityloom.city.values import Component, MatterClass, Nature, Post, Role, Source, Standard
from cityloom.exchange.demo.writing import read_text

HOT_SPOTS = 36
HOT_SHARE = 0.45  # of all reports come from a hot spot
HOT_RADIUS_DEG = 0.0006
CONTACT_SHARE = 0.8  # of residents leave a number

# How many of a hundred reports come from where.
SOURCES: dict[Source, int] = {
    Source.RESIDENT: 34,
    Source.HOTLINE: 30,
    Source.GRID_WORKER: 26,
    Source.SENSOR: 6,
    Source.INSPECTION: 3,
    Source.LEADER: 1,
}
ROLE_OF: dict[Source, Role] = {
    Source.RESIDENT: Role.RESIDENT,
    Source.HOTLINE: Role.HOTLINE_AGENT,
    Source.GRID_WORKER: Role.GRID_WORKER,
    Source.SENSOR: Role.SYSTEM,
    Source.INSPECTION: Role.CHECKER,
    Source.LEADER: Role.LEADER,
}
# The hours of a day as shares of its busiest hour, from midnight.
BY_HOUR = (
    0.25, 0.2, 0.2, 0.2, 0.2, 0.25, 0.4, 0.65, 0.95, 1.0, 1.0, 0.9,
    0.7, 0.7, 0.9, 1.0, 1.0, 0.95, 0.9, 0.85, 0.8, 0.65, 0.5, 0.35,
)  # fmt: skip

RESIDENT_SAYS = (
    "{place}的{matter}有问题，{condition}，每天路过都要绕着走，请尽快来处理。",
    "{place}这里{condition}（{matter}），老人和孩子走着很不安全。",
    "早上经过{place}，看到{matter}：{condition}。麻烦派人看看。",
    "{matter}，{condition}，就在{place}，已经好几天了没人管。",
    "请问{place}的{matter}什么时候能修好？现在{condition}，晚上更危险。",
    "{place}{matter}，{condition}。附上照片，谢谢。",
)
RESIDENT_SAYS_EN = (
    "{matter} at {place}: {condition}. Please have a look, people have to walk around it.",
    "Near {place}: {condition} ({matter}). It has been like this for days.",
)
CALLER_SAYS = (
    "市民来电反映：{place}一带{matter}，{condition}，希望有关部门尽快解决。",
    "来电人称{place}{matter}的情况持续一周了，{condition}，要求回复处理结果。",
    "市民反映{place}附近{matter}，{condition}，已影响周边居民正常生活。",
    "来电人住在{place}附近，反映{matter}：{condition}，此前未向其他部门反映过。",
)
WORKER_SAYS = (
    "巡查发现{place}{matter}，{condition}。",
    "网格巡查：{place}，{matter}，{condition}，已拍照上报。",
    "日常巡查至{place}，发现{matter}：{condition}。",
)
SENSOR_SAYS = ("设备{thing}报警：{rule}，位于{place}。", "监测告警：{place}，{rule}（设备{thing}）。")
ENQUIRY_SAYS = ("您好，想问一下{matter}方面的事：需要带哪些材料，去哪里办？", "咨询{matter}：最近的政策有没有变化？")
SUGGESTION_SAYS = (
    "关于{matter}：{place}一带人多座位少，建议添几张长椅。",
    "{matter}：建议{place}的绿灯时间给行人多留几秒。",
)
PRAISE_SAYS = ("{place}的积水上次反映后当天就处理好了，谢谢工作人员！", "表扬{place}的环卫师傅，雨天还在清理下水口。")
UNLAWFUL_SAYS = ("要求政府替我撤销法院已经生效的判决。", "要求公布举报我的那个人的姓名和电话。")
ADDRESS_TAILS = ("{n}号附近", "{n}号门前", "与支路交叉口", "公交站旁", "人行道上", "东侧")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
CALLED = ("先生", "女士", "师傅", "阿姨", "老师")


@dataclass(frozen=True)
class Phrases:
    """How people tell of one class of matter; slots as in `data/history_texts.toml`."""

    weight: float
    thing: str
    zh: tuple[str, ...]
    after: tuple[str, ...]
    en: tuple[str, ...]


@cache
def _phrases() -> tuple[dict[str, Phrases], dict[str, list[str]]]:
    """What is written for the demo city: by class, and common to all."""
    data = tomllib.loads(read_text("history_texts.toml"))
    found = {
        row["class"]: Phrases(
            float(row["weight"]), row["thing"], tuple(row["zh"]), tuple(row["after"]), tuple(row.get("en", ()))
        )
        for row in data["matter"]
    }
    return found, data["common"]


@dataclass(frozen=True)
class Said:
    """One report as somebody means to give it; `picture` asks for a photo, `hold` keeps it at the agent's desk."""

    source: Source
    by: Post
    words: str
    class_code: str | None
    standard_code: str | None
    lon: float | None
    lat: float | None
    address: str
    name: str = ""
    phone: str = ""
    language: str = "zh"
    picture: bool = False
    hold: bool = False
    component_code: str | None = None


@dataclass(frozen=True)
class Spot:
    """A place on a road, as people would name it."""

    lon: float
    lat: float
    road_zh: str
    road_en: str


@dataclass(frozen=True)
class Streets:
    """Where reports come from: along the roads, more often at the hot spots; in a city without roads, its areas."""

    city: City
    seed: int = 7

    def spot(self, chance: random.Random) -> Spot:
        """A place inside the city."""
        if self._hot and chance.random() < HOT_SHARE:
            near = self._hot[min(int(chance.expovariate(0.12)), len(self._hot) - 1)]
            for _ in range(8):
                lon = near.lon + chance.gauss(0, HOT_RADIUS_DEG / 2)
                lat = near.lat + chance.gauss(0, HOT_RADIUS_DEG / 2)
                if self.city.find_area(lon, lat) is not None:
                    return Spot(lon, lat, near.road_zh, near.road_en)
        return self._anywhere(chance)

    def spot_at(self, lon: float, lat: float) -> Spot:
        """A given place, told by the road nearest to it."""
        if not self._lines:
            return Spot(lon, lat, "", "")
        _, zh, en = self._lines[int(self._nearest.nearest(shapely.Point(lon, lat)))]
        return Spot(lon, lat, zh, en)

    @cached_property
    def _nearest(self) -> shapely.STRtree:
        return shapely.STRtree([line for line, _, _ in self._lines])

    @cached_property
    def _lines(self) -> list[tuple[shapely.Geometry, str, str]]:
        features = self.city.features.get("roads", ())
        lines = [(shapely.from_wkb(f.geometry), f.name.zh, f.name.en) for f in features]
        return [line for line in lines if line[0].length > 0]

    @cached_property
    def _lengths(self) -> list[float]:
        return list(accumulate(line.length for line, _, _ in self._lines))

    @cached_property
    def _grounds(self) -> list[shapely.Geometry]:
        smallest = self.city.levels[-1]
        return [shapely.from_wkb(a.geometry) for a in self.city.areas.values() if a.level == smallest and a.geometry]

    @cached_property
    def _hot(self) -> list[Spot]:
        """The same hot spots for the same city and seed, the hottest first."""
        chance = random.Random(f"{self.city.code}:{self.seed}:hot spots")
        return [self._anywhere(chance) for _ in range(HOT_SPOTS)]

    def _anywhere(self, chance: random.Random) -> Spot:
        for _ in range(60):
            spot = self._on_a_road(chance) if self._lines else self._in_an_area(chance)
            if self.city.find_area(spot.lon, spot.lat) is not None:
                return spot
        return self._in_an_area(chance)

    def _on_a_road(self, chance: random.Random) -> Spot:
        place = bisect(self._lengths, chance.random() * self._lengths[-1])
        line, zh, en = self._lines[min(place, len(self._lines) - 1)]
        point = shapely.line_interpolate_point(line, chance.random(), normalized=True)
        return Spot(point.x, point.y, zh, en)

    def _in_an_area(self, chance: random.Random) -> Spot:
        point = shapely.point_on_surface(chance.choice(self._grounds))
        return Spot(point.x, point.y, "", "")


@dataclass(frozen=True)
class Speakers:
    """Who reports, and about what: the city's own staff, classes, components and devices."""

    city: City
    streets: Streets

    def say(self, chance: random.Random, at: datetime) -> Said:
        """One report of that moment."""
        source = chance.choices(list(SOURCES), list(SOURCES.values()))[0]
        if source is Source.SENSOR:
            return self._alarm(chance, at) or self._seen(Source.GRID_WORKER, chance, at)
        if source is Source.HOTLINE:
            return self._call(chance, at)
        return self._seen(source, chance, at)

    def _seen(self, source: Source, chance: random.Random, at: datetime) -> Said:
        """Something in the street, reported by who stands before it."""
        matter = _by_weight(self._street_matters or self._hotline_matters, chance)
        spot, component = self._where(matter, chance)
        standard = self._standard(matter, chance, at)
        by = self._reporter(source, spot, chance, at)
        told = self._told(matter, standard, spot, chance)
        code = standard.code if standard else None
        if source is not Source.RESIDENT:
            words = _worded(matter, source, told, "zh", chance) or chance.choice(WORKER_SAYS).format(**told["zh"])
            return Said(
                source, by, words, matter.code, code, spot.lon, spot.lat, told["zh"]["place"],
                picture=chance.random() < 0.8, component_code=component,
            )  # fmt: skip
        english = chance.random() < 0.08
        says = RESIDENT_SAYS_EN if english else RESIDENT_SAYS
        language = "en" if english else "zh"
        name, phone = _contact(chance) if chance.random() < CONTACT_SHARE else ("", "")
        words = _worded(matter, source, told, language, chance) or chance.choice(says).format(**told[language])
        return Said(
            source, by, words, matter.code, code, spot.lon, spot.lat, told[language]["place"], name, phone, language,
            picture=chance.random() < 0.5, component_code=component,
        )  # fmt: skip

    def _call(self, chance: random.Random, at: datetime) -> Said:
        """A call to the hotline, written down by an agent; questions are kept at the desk to answer at once."""
        matter = _by_weight(self._hotline_matters or self._street_matters, chance)
        spot = self.streets.spot(chance)
        standard = self._standard(matter, chance, at)
        by = self._reporter(Source.HOTLINE, spot, chance, at)
        both = self._told(matter, standard, spot, chance)
        told = both["zh"]
        says = {
            Nature.ENQUIRY: ENQUIRY_SAYS,
            Nature.SUGGESTION: SUGGESTION_SAYS,
            Nature.PRAISE: PRAISE_SAYS,
            Nature.UNLAWFUL: UNLAWFUL_SAYS,
        }.get(matter.nature, CALLER_SAYS)
        name, phone = _contact(chance)
        words = _worded(matter, Source.HOTLINE, both, "zh", chance) or chance.choice(says).format(**told)
        no_place = chance.random() < 0.04  # the caller cannot say where it is
        no_class = matter.nature is Nature.MATTER and chance.random() < 0.05
        return Said(
            Source.HOTLINE, by, words, None if no_class else matter.code,
            None if no_class or standard is None else standard.code, None if no_place else spot.lon,
            None if no_place else spot.lat, told["place"], name, phone,
            hold=matter.nature is not Nature.MATTER or chance.random() < 0.15,
        )  # fmt: skip

    def _alarm(self, chance: random.Random, at: datetime) -> Said | None:
        """A device's alarm, by the rule for its type; None in a city without such devices."""
        if not self._alarms:
            return None
        rule, things = chance.choice(self._alarms)
        thing = chance.choice(things)
        assert thing.lon is not None
        assert thing.lat is not None
        place = self.streets.spot_at(thing.lon, thing.lat).road_zh or thing.name.zh
        words = chance.choice(SENSOR_SAYS).format(thing=thing.code, rule=rule.name.zh, place=place)
        by = Post("system", Role.SYSTEM)
        return Said(
            Source.SENSOR, by, words, rule.class_code, None, thing.lon, thing.lat, place,
            component_code=thing.component or None,
        )  # fmt: skip

    # --- what there is to say something about ---

    @cached_property
    def _leaves(self) -> list[MatterClass]:
        return [self.city.classes[code] for code in self.city.leaves]

    @cached_property
    def _street_matters(self) -> list[MatterClass]:
        """Classes of the street; a component class only where there are such components."""
        events = [c for c in self._leaves if c.kind == "event"]
        return events + [c for c in self._leaves if c.kind == "component" and c.code in self._components]

    @cached_property
    def _hotline_matters(self) -> list[MatterClass]:
        return [c for c in self._leaves if c.kind == "hotline"]

    @cached_property
    def _components(self) -> dict[str, list[Component]]:
        found: dict[str, list[Component]] = {}
        for component in self.city.components.values():
            found.setdefault(component.class_code, []).append(component)
        return found

    @cached_property
    def _alarms(self) -> list[tuple[AlarmRule, list[Thing]]]:
        leaves = set(self.city.leaves)
        things = [t for t in self.city.things.values() if t.lon is not None and t.lat is not None]
        pairs = [
            (rule, [t for t in things if t.type == rule.type])
            for rule in self.city.rules.values()
            if rule.class_code in leaves
        ]
        return [(rule, of_type) for rule, of_type in pairs if of_type]

    def _standard(self, matter: MatterClass, chance: random.Random, at: datetime) -> Standard | None:
        rows = self.city.standards_on(matter.code, at.astimezone(self.city.calendar().tz).date())
        if not rows:
            return None
        return rows[0] if chance.random() < 0.6 else chance.choice(rows)

    def _where(self, matter: MatterClass, chance: random.Random) -> tuple[Spot, str | None]:
        """A spot for the matter; for a component class where one of its components stands."""
        if matter.kind != "component":
            return self.streets.spot(chance), None
        component = chance.choice(self._components[matter.code])
        if self.city.find_area(component.lon, component.lat) is None:
            return self.streets.spot(chance), None
        return self.streets.spot_at(component.lon, component.lat), component.code

    def _told(
        self, matter: MatterClass, standard: Standard | None, spot: Spot, chance: random.Random
    ) -> dict[str, dict[str, str]]:
        number = chance.randint(1, 180)
        area = self.city.areas[self.city.find_area(spot.lon, spot.lat) or ""].name
        told: dict[str, dict[str, str]] = {}
        for language in ("zh", "en"):
            road = spot.road_zh or area.zh if language == "zh" else spot.road_en or area.en
            tail = chance.choice(ADDRESS_TAILS).format(n=number) if language == "zh" else f" No. {number}"
            condition = standard.condition.in_language(language) if standard else ""
            told[language] = {
                "place": f"{road}{tail}",
                "matter": matter.name.in_language(language),
                "condition": condition or matter.name.in_language(language),
            }
        return told

    def _reporter(self, source: Source, spot: Spot, chance: random.Random, at: datetime) -> Post:
        """Who says it: the resident, or somebody with the post, the one nearest to the place for a grid worker."""
        role = ROLE_OF[source]
        if role is Role.RESIDENT:
            return Post("resident", Role.RESIDENT)
        day = at.astimezone(self.city.calendar().tz).date()
        area = self.city.find_area(spot.lon, spot.lat)
        above = self.city.ancestors(area) if area else ()
        posts = [p for ps in self.city.posts.values() for p in ps if p.role is role and p.valid.covers(day)]
        inside = [p for p in posts if p.area is None or p.area in above]
        if role is Role.GRID_WORKER and inside:
            deepest = max(_depth(p, above) for p in inside)
            inside = [p for p in inside if _depth(p, above) == deepest]
        return chance.choice(inside or posts) if inside or posts else Post("system", Role.SYSTEM)


def _by_weight(matters: Sequence[MatterClass], chance: random.Random) -> MatterClass:
    """A class as often as people speak of it; classes nobody has written for come up rarely."""
    phrases, _ = _phrases()
    weights = [phrases[m.code].weight if m.code in phrases else 1.0 for m in matters]
    return chance.choices(matters, weights)[0]


def _worded(
    matter: MatterClass, source: Source, told: dict[str, dict[str, str]], language: str, chance: random.Random
) -> str | None:
    """The words written for this class, or None where there are none in this language."""
    by_class, common = _phrases()
    phrases = by_class.get(matter.code)
    if phrases is None:
        return None
    slots: dict[str, object] = {
        "place": told[language]["place"],
        "n": chance.randint(2, 8),
        "days": chance.randint(2, 11),
        "floor": chance.randint(1, 28),
        "cold": chance.randint(13, 17),
        "shop": chance.choice(common["shop"]),
        "eatery": chance.choice(common["eatery"]),
        "thing": phrases.thing,
    }
    slots["when"] = chance.choice(common["when"]).format(**slots)
    if source in (Source.GRID_WORKER, Source.INSPECTION, Source.SENSOR):
        said = common["grid" if source is Source.GRID_WORKER else source.value]
        return chance.choice(said).format(**slots)
    if language == "en":
        return chance.choice(phrases.en).format(**slots) if phrases.en else None
    text = chance.choice(common["opening"]) + chance.choice(phrases.zh) + chance.choice(phrases.after)
    text = text if text[-1] in "。？！" else f"{text}。"
    asking = chance.choice(common["asking"]) if matter.nature is Nature.MATTER else ""
    return (text + asking).format(**slots)


def _depth(post: Post, above: Sequence[str]) -> int:
    return above.index(post.area) if post.area in above else -1


def _contact(chance: random.Random) -> tuple[str, str]:
    """A made-up name and a number that no telephone in the country has."""
    name = chance.choice(SURNAMES) + chance.choice(CALLED)
    return name, f"120{chance.randrange(10**8):08d}"
