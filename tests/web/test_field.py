"""The street's pages from the server's side: what they hold, who may see them, and that one sending counts once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cases.life import DRAIN, LAMP, NOISE, REFUSE, SOUTHEAST, Life, photo

import cityloom.web
from cityloom.cases import models
from cityloom.cases.patrols import CONSENT
from cityloom.city.values import MatterClass
from cityloom.web import context, waiting_photos
from cityloom.web.naming import names
from cityloom.web.pictograms import PICTURES, picture_of, tiles_of

Browse = Callable[..., Client]
JSON = {"accept": "application/json"}


def text(answer: Any) -> str:
    return answer.content.decode()


def seen(life: Life, result: str, **more: str) -> dict[str, str]:
    """What the form of a stop sends."""
    case = life.file.case
    return {
        "key": str(uuid.uuid4()), "result": result, "version": str(case.version), "state": case.state,
        "seen_class": case.class_code or "", **more,
    }  # fmt: skip


def test_a_walk_of_stops_costs_few_statements_and_shows_the_next_one_first(
    site: Life, browser_of: Browse, django_assert_max_num_queries: Any
):
    site.report(class_code=REFUSE)
    late = site.number
    site.clock.advance(hours=3)
    for _ in range(6):
        site.report(class_code=DRAIN)
    worker = browser_of("collector")
    worker.get("/field/")
    with django_assert_max_num_queries(16):  # three of them for session, user and posts
        page = text(worker.get("/field/"))
    assert "7 to go" in page
    assert page.index(f"/field/case/{late}/") < page.index(f"/field/case/{site.number}/")
    assert json.loads(text(worker.get("/field/stops.geojson")))["features"][0]["properties"]["n"] == "1"
    with django_assert_max_num_queries(16):
        page = text(worker.get(f"/field/case/{late}/"))
    assert all(words in page for words in ("夜里施工很吵", 'value="real"', 'value="not_found"', "geo:30.00"))
    assert "13800138000" not in page
    assert "秦晓梅" not in page


def test_one_touch_verifies_and_the_same_sending_again_is_told_the_same(site: Life, browser_of: Browse):
    site.report(class_code=DRAIN)
    worker, said = browser_of("collector", "zh"), seen(site, "real")
    address = f"/field/case/{site.number}/"
    first = worker.post(address, said, headers=JSON).json()
    assert worker.post(address, said, headers=JSON).json() == first
    assert site.moves.count("verify") == 1
    assert site.entries[1].text == "现场属实", "nobody has to type"
    assert "不用您走了" in text(worker.get(address))
    late = worker.post(address, seen(site, "real") | {"version": "1", "state": "reported"}, headers=JSON)
    assert late.status_code == 409
    assert "已经有人处理过" in late.json()["sentence"]
    assert worker.post(address, seen(site, "nonsense")).status_code == 422


def test_a_refused_stop_keeps_its_photos_for_the_next_try_and_only_for_that(site: Life, browser_of: Browse):
    def shots(*colours: str) -> list[SimpleUploadedFile]:
        return [SimpleUploadedFile(f"{c}.jpg", photo(c).data, "image/jpeg") for c in colours]

    site.report("grid_worker", "collector", class_code=LAMP, words="路灯不亮")
    site.move("sign", "handler_lighting")
    site.move("handle", "handler_lighting", note="换了灯", pictures=[photo("gold")])
    worker, address, said = browser_of("collector", "zh"), f"/field/case/{site.number}/", seen(site, "nonsense")
    by_script = worker.post(address, {**said, "photos": shots("olive")}, headers=JSON)
    assert by_script.status_code == 422
    refused = worker.post(address, {**said, "photos": shots("red", "green"), "before": shots("blue")})
    assert refused.status_code == 422
    assert refused.context["page"].photos_kept == 3, "what a script sent lies on the phone"
    assert "已保留3张" in text(refused)
    many = worker.post(address, {**said, "photos": shots("red", "black", "white", "grey")})
    assert many.context["page"].photos_kept == 3, "more than there may be are not laid aside"
    done = worker.post(address, {**said, "result": "passed", "photos": shots("red")})
    assert done.status_code == 302
    kinds = sorted(models.Photo.objects.exclude(kind="after").values_list("kind", flat=True))
    assert kinds.count("check") == 2, "chosen once more it is no second one"
    assert not waiting_photos.waiting(said["key"])
    assert not waiting_photos.waiting(waiting_photos.key_beside(said["key"], "before"))
    assert worker.post(address, {**said, "key": "../../x", "photos": shots("red")}).status_code in (409, 422)
    assert waiting_photos.key_beside("../../x", "before") == ""


def test_others_than_those_who_walk_are_turned_away(site: Life, browser_of: Browse):
    site.report(class_code=DRAIN)
    address = f"/field/case/{site.number}/"
    for login in ("dispatcher", "handler_e1", "supervisor"):
        assert browser_of(login).get("/field/").status_code == 403
        assert browser_of(login).post(address, seen(site, "real")).status_code == 403
    assert browser_of("collector2").get(address).status_code == 403, "another street's"
    assert browser_of().get("/field/").status_code == 302
    assert browser_of("collector").get("/field/ready/").json()["login"] == "collector"
    assert browser_of().get("/field/ready/").json()["login"] == ""


def test_a_report_by_picture_needs_no_word_and_counts_once(site: Life, browser_of: Browse):
    worker = browser_of("collector", "zh")
    said = {"key": str(uuid.uuid4()), "class": LAMP, "lon": str(SOUTHEAST[0]), "lat": str(SOUTHEAST[1])}
    first = worker.post("/field/report/", said, headers=JSON).json()
    assert worker.post("/field/report/", said, headers=JSON).json() == first
    site.number = first["number"]
    (report,) = site.file.reports
    assert (report.source, report.received_by, report.words) == ("grid_worker", "collector", "巡查发现：路灯")
    assert site.file.case.lead_unit == "lighting_co"
    assert "已上报" in text(worker.get(first["url"]))
    assert "已上报" not in text(browser_of("collector2", "zh").get(first["url"])), "another's report"
    assert worker.post("/field/report/", {"key": str(uuid.uuid4())}).status_code == 422
    assert models.Report.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "code", "picture", "because"),
    [
        ("component", "gb2013:C0102", "manhole", "a sewer cover"),
        ("component", "gb2013:0137", "lamp", "codes without a letter"),
        ("event", "gb2013:E0110", "rubbish", "exposed refuse"),
        ("event", "E0510", "parking", "a code without its scheme"),
        ("event", "gb2013:E0999", "general", "an event that no row names"),
        ("hotline", "hotline:0101", "general", "nothing that is found outside"),
        ("component", "own:77", "general", "a city's own numbers"),
    ],
)
def test_a_class_stands_under_its_picture(kind: str, code: str, picture: str, because: str):
    assert picture_of(kind, code) == picture, because


def test_no_class_is_out_of_reach_and_every_picture_is_drawn(site: Life):
    tiles = tiles_of(site.city, names(site.city), context.today(site.city))
    shown = [code for tile in tiles for code, _ in tile.classes]
    outside: list[MatterClass] = [site.city.classes[code] for code in site.city.leaves]
    assert sorted(shown) == sorted(c.code for c in outside if c.kind in ("component", "event"))
    assert NOISE not in shown
    sprite = (Path(cityloom.web.__file__).parent / "static/cityloom/pictograms.svg").read_text()
    assert all(f'<symbol id="{key}"' in sprite for key in ["general", *(key for key, _, _ in PICTURES)])


def test_a_patrol_is_begun_by_consent_and_its_supervisor_leaves_a_trace(site: Life, browser_of: Browse):
    worker, supervisor = browser_of("collector"), browser_of("supervisor")
    assert worker.post("/field/patrol/act/", {"act": "start"}).status_code == 422
    assert models.Patrol.objects.count() == 0
    worker.post("/field/patrol/act/", {"act": "start", "consent": CONSENT})
    (patrol,) = models.Patrol.objects.all()
    at = (site.clock.now() + timedelta(minutes=5)).isoformat()
    site.clock.advance(minutes=10)
    batch = json.dumps([{"at": at, "lon": SOUTHEAST[0], "lat": SOUTHEAST[1], "accuracy": 9.4}])
    points = f"/field/patrol/{patrol.pk}/points/"
    for _ in range(2):
        assert worker.post(points, batch, "application/json").json() == {"state": "sent", "kept": 1}
    assert worker.post(points, "{", "application/json").status_code == 422
    assert browser_of("collector2").post(points, batch, "application/json").status_code == 403
    worker.post("/field/patrol/act/", {"act": "end"})
    assert "1 of " in text(worker.get("/field/patrol/"))

    line = f"/patrols/{patrol.pk}/"
    assert "See the line" in text(supervisor.get("/patrols/"))
    assert models.PatrolRead.objects.count() == 0
    assert supervisor.get(line).status_code == 200
    assert len(json.loads(text(supervisor.get(f"/patrols/{patrol.pk}.geojson")))["features"]) == 0, (
        "one point is no line"
    )
    assert models.PatrolRead.objects.count() == 1, "a page and its map are one look"
    for login in ("dispatcher", "collector2"):
        assert browser_of(login).get(line).status_code == 403
        assert browser_of(login).get("/patrols/").status_code == 403
    assert "deleted" in text(worker.post("/field/patrol/act/", {"act": "withdraw"}, follow=True))
    assert models.PatrolPoint.objects.count() == 0
