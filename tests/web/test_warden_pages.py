"""A warden's phone, the round of a grid worker, departmental grids and registers: as their people see them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cases.life import LAMP, REFUSE, photo
from tests.cases.micro_life import AT_CHEN, MicroLife
from tests.cases.register_files import KEEPER, PHONE, registers, rows
from tests.city.micro_city import write_micro_city
from tests.web.conftest import BACKEND

from cityloom.base.ids import ids
from cityloom.cases import models
from cityloom.cases.actions.load_register import load_register
from cityloom.cases.actions.plan_register_checks import plan_register_checks
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.web import context, waiting_photos

Browse = Callable[..., Client]


@pytest.fixture(scope="session")
def micro_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_micro_city(tmp_path_factory.mktemp("micro-pages"))


@pytest.fixture
def site(
    db: None, micro_folder: Path, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MicroLife]:
    """The small city with micro-grids and its registers behind its pages."""
    settings.MEDIA_ROOT = tmp_path / "media"
    ids.forget()
    forget_cities()
    load_city(micro_folder, "test", datetime(2026, 1, 1, tzinfo=UTC))
    life = MicroLife(current_city("990100"))
    for register in registers().values():
        lines = rows() if register.kind == "shops" else []
        load_register(life.city, register, lines, "steward", life.clock)
    monkeypatch.setattr(context, "clock", lambda: life.clock)
    context._first_code.clear()
    cache.clear()
    yield life
    context._first_code.clear()
    cache.clear()


@pytest.fixture
def browse(site: MicroLife, django_user_model: Any) -> Browse:
    def make(login: str = "", language: str = "en") -> Client:
        client = Client(headers={"accept-language": {"en": "en", "zh": "zh-hans"}[language]})
        if login:
            client.force_login(django_user_model.objects.get(username=login), BACKEND)
        return client

    return make


def text(answer: Any) -> str:
    return answer.content.decode()


# --- the warden -------------------------------------------------------------------------------------------------


def test_a_warden_records_what_was_solved_and_sees_it_in_the_own_days(site: MicroLife, browse: Browse):
    warden = browse("warden_chen")
    said = {"class": REFUSE, "words": "楼道口堆了垃圾，已清走", "micro_grid": "990101001001-w01", "act": "solved"}
    picture = SimpleUploadedFile("a.jpg", photo().data, "image/jpeg")
    answer = warden.post("/warden/", {**said, "photos": picture}, follow=True)
    page = text(answer)
    assert "Recorded: solved on the spot" in page
    site.number = answer.redirect_chain[0][0].split("sent=")[1]
    assert (site.state, site.file.case.address) == ("solved_on_spot", "Micro-grid 01")
    assert site.number in text(warden.get(f"/case/{site.number}/"))
    assert f"/case/{site.number}/" in text(warden.get("/warden/"))


def test_what_is_passed_on_tells_who_has_it_and_what_was_solved_there_before(site: MicroLife, browse: Browse):
    site.solve()
    said = {"other_class": LAMP, "class": REFUSE, "words": "路灯不亮", "lon": AT_CHEN[0], "lat": AT_CHEN[1]}
    answer = browse("warden_chen", "zh").post("/warden/", {**said, "act": "pass_on"}, follow=True)
    assert "已转街道" in text(answer)
    assert "现在由路灯管理所办理" in text(answer)
    assert "这里以前就地解决过" in text(answer)


@pytest.mark.parametrize(
    ("said", "told", "because"),
    [
        ({"words": "扫了", "micro_grid": "990101001001-w01"}, "needs a class", "no kind"),
        ({"class": REFUSE, "micro_grid": "990101001001-w01"}, "say in a few words", "no words and no photo"),
        ({"class": REFUSE, "words": "扫了"}, "choose a micro-grid", "no place"),
        ({"class": REFUSE, "words": "扫了", "lon": "x", "lat": "y"}, "no longitude and latitude", "a mistyped place"),
    ],
)
def test_a_refusal_keeps_what_was_typed(site: MicroLife, browse: Browse, said: dict, told: str, because: str):
    answer = browse("warden_chen").post("/warden/", {**said, "act": "solved"})
    assert answer.status_code in (400, 422)
    assert told in text(answer), because
    assert all(value in text(answer) for key, value in said.items() if key in ("words", "lon"))


@pytest.mark.parametrize("login", ["collector", "dispatcher", "handler_e1"])
def test_the_wardens_page_is_the_wardens(site: MicroLife, browse: Browse, login: str):
    assert browse(login).get("/warden/").status_code == 403


def test_a_number_in_the_address_shows_no_case_of_others(site: MicroLife, browse: Browse):
    number = site.solve("warden_gu", place=(110.0031, 30.0009)).number
    for asked in (number, "nonsense"):
        assert "Recorded" not in text(browse("warden_chen").get(f"/warden/?sent={asked}"))


def test_the_figures_of_wardens_count_stored_cases(site: MicroLife, browse: Browse):
    site.solve()
    site.pass_on(class_code=LAMP)
    page = text(browse("supervisor").get("/micro-grids/?days=7"))
    assert "陈大姐" not in page, "a long list is opened community by community"
    page = text(browse("supervisor").get("/micro-grids/?days=7&community=990101001001"))
    assert "陈大姐" in page
    assert "50 %" in page
    assert "There are no micro-grids" in text(browse("collector2").get("/micro-grids/"))
    assert text(browse("leader").get("/micro-grids/?days=nonsense")), "an odd number of days shows the usual ones"


def test_the_case_page_tells_what_wardens_solved_there_before(site: MicroLife, browse: Browse):
    before = site.solve().number
    site.clock.advance(days=1)
    site.report(class_code=REFUSE, words="又堆起来了", place=AT_CHEN)
    page = text(browse("dispatcher").get(f"/case/{site.number}/"))
    assert "Solved on the spot here before" in page
    assert f"/case/{before}/" in page


# --- departmental grids -----------------------------------------------------------------------------------------


def test_the_page_of_departmental_grids_tells_faults_and_resolves_a_grid(site: MicroLife, browse: Browse):
    steward = browse("steward")
    page = text(steward.get("/overlays/?layer=sanitation&grid=990102002001001"))
    assert "Sanitation sections" in page
    assert "s2, s3" in page or "s3, s2" in page
    assert "<strong>s2</strong> 100 %" in page
    assert "There is no such unit grid" in text(steward.get("/overlays/?layer=police&grid=nowhere"))
    assert "p1" in text(steward.get("/overlays/?layer=police&grid=110.0011,30.0011"))
    cells = json.loads(steward.get("/overlays/sanitation.geojson").content)
    assert [f["properties"]["code"] for f in cells["features"]] == ["s1", "s2", "s3"]
    faults = json.loads(steward.get("/overlays/faults/sanitation.geojson").content)
    assert len(faults["features"]) == 2
    assert "warden" not in steward.get("/overlays/micro_grids.geojson").content.decode()
    assert steward.get("/overlays/nothing.geojson").status_code == 404
    assert steward.get("/overlays/faults/nothing.geojson").status_code == 404


# --- the round --------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(site: MicroLife) -> MicroLife:
    plan_register_checks(site.city, site.clock)
    return site


def checks_of(code: str) -> models.RegisterCheck:
    return models.RegisterCheck.objects.filter(record__code=code).latest("id")


def test_the_next_record_comes_filled_in_and_one_touch_confirms_it(planned: MicroLife, browse: Browse):
    worker = browse("collector")
    walk = text(worker.get("/field/"))
    assert "2 to go" in walk
    assert not any(secret in walk for secret in (KEEPER, PHONE))
    check = checks_of("s-1")
    page = text(worker.get(f"/field/record/{check.pk}/"))
    assert all(value in page for value in ("老陈面馆", "望江路1号", "••••"))
    assert not any(secret in page for secret in (KEEPER, PHONE)), "what is personal is opened on purpose only"
    assert models.RegisterRead.objects.count() == 0
    page = text(worker.get(f"/field/record/{check.pk}/?personal=1"))
    assert all(value in page for value in (KEEPER, PHONE))
    assert models.RegisterRead.objects.count() == 1
    values = {f"value-{key}": value for key, value in
              {"shop": "老陈面馆", "trade": "餐饮", "keeper": KEEPER, "phone": PHONE, "area_m2": "60.5",
               "address": "望江路1号"}.items()}  # fmt: skip
    key = str(uuid.uuid4())
    said = {"key": key, "result": "confirmed", **values}
    page = text(worker.post(f"/field/record/{check.pk}/", said, follow=True))
    assert "1 to go" in page
    assert "1 done today" in page
    again = worker.post(f"/field/record/{check.pk}/", said, headers={"accept": "application/json"})
    assert again.json()["state"] == "sent", "the answer to the first one was lost on its way"
    assert checks_of("s-1").outcome == "confirmed"


def test_a_correction_with_photo_and_trouble_is_kept_at_once_also_after_a_refusal(planned: MicroLife, browse: Browse):
    said = {"key": str(uuid.uuid4()), "result": "corrected", "trouble": "门口路灯灭了", "trouble_class": LAMP}
    check = checks_of("s-1")
    worker, address = browse("collector"), f"/field/record/{check.pk}/"
    for colour in ("red", "green"):
        shot = SimpleUploadedFile("a.jpg", photo(colour).data, "image/jpeg")
        refused = worker.post(address, {**said, "photos": shot})
        assert refused.status_code == 422
        assert refused.context["page"].photos_kept == 1, "another one takes the place of the first"
        assert "1 kept from before" in text(refused)
    no_picture = worker.post(address, {**said, "photos": SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg")})
    assert no_picture.context["page"].photos_kept == 1, "a bad file takes nobody's place"
    page = text(worker.post(address, {**said, "value-trade": "空置"}, follow=True))
    check.refresh_from_db()
    assert check.case_number in page
    assert check.corrections == {"trade": ["餐饮", "空置"]}
    assert bytes(check.photo_sha256) == photo("green").sha256
    assert not waiting_photos.waiting(said["key"])
    assert browse("collector").get(f"/checks/{check.pk}/photo").status_code == 200
    assert browse("collector2").get(f"/checks/{check.pk}/photo").status_code == 403
    assert browse("handler_water").get(f"/checks/{check.pk}/photo").status_code == 403


@pytest.mark.parametrize(
    ("said", "told", "because"),
    [
        ({"result": "confirmed", "value-shop": "别的店"}, "send it as a correction", "changed but confirmed"),
        (
            {"result": "corrected", "value-area_m2": "很大"},
            "Floor area",
            "told by the name of its field",
        ),
        ({"result": "corrected"}, "nothing was changed", "corrected but the same"),
        ({"result": "confirmed", "key": "x"}, "no key of its own", "a form that was put together by hand"),
    ],
)
def test_an_answer_that_cannot_be_kept_says_why(
    planned: MicroLife, browse: Browse, said: dict, told: str, because: str
):
    address = f"/field/record/{checks_of('s-1').pk}/"
    answer = browse("collector").post(address, {"key": str(uuid.uuid4()), **said})
    assert answer.status_code == 422
    assert told in text(answer), because


def test_who_has_no_register_to_verify_is_told_so(planned: MicroLife, browse: Browse):
    assert browse("dispatcher").get("/field/").status_code == 403
    assert browse("collector").get("/field/record/9/").status_code == 404
    assert "Nothing waits" in text(browse("checker").get("/field/"))


# --- registers --------------------------------------------------------------------------------------------------


def test_the_owner_of_a_register_ticks_records_and_asks(site: MicroLife, browse: Browse):
    owner = browse("handler_urban")
    page = text(owner.get("/registers/?kind=shops"))
    assert "金川五金" in page
    assert "2 personal fields" in page
    answer = owner.post("/registers/ask/", {"kind": "shops", "code": ["s-2"], "why": "排查"}, follow=True)
    assert "1 checks were asked for" in text(answer)
    assert checks_of("s-2").why["params"]["why"] == "排查"
    assert owner.post("/registers/ask/", {"kind": "shops", "code": ["s-77"]}).status_code == 404


def test_nothing_personal_of_a_register_is_on_any_page_of_anybody_else(planned: MicroLife, browse: Browse):
    check = checks_of("s-1").pk
    addresses = [
        "/field/", f"/field/record/{check}/?personal=1", f"/checks/{check}/photo", "/registers/",
        "/registers/?kind=shops",
        "/registers/?kind=shops&text=s-1", "/micro-grids/", "/overlays/", "/warden/", "/queue/",
    ]  # fmt: skip
    seen = set()
    for login in site_logins(planned):
        client = browse(login)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code < 500, (login, address)
            if any(secret in text(answer) for secret in (KEEPER, PHONE)) and not answer.streaming:
                seen.add(login)
        client.post(f"/field/record/{check}/", {"key": str(uuid.uuid4()), "result": "nonsense"})
    assert seen == {"collector"}, "only who verifies there, in the area of the record"
    assert {read.by_login for read in models.RegisterRead.objects.all()} == {"collector"}


def site_logins(life: MicroLife) -> list[str]:
    day = life.clock.now().date()
    return [login for login in life.city.posts if len(life.city.posts_of(login, day)) == 1]


# --- in a real browser ------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_on_the_phone_a_warden_solves_and_a_grid_worker_confirms(
    chromium: Any, live_server: Any, planned: MicroLife, browse: Browse
):
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True)
    tab = phone.new_page()

    def enter(login: str, address: str) -> None:
        cookie = browse(login).cookies["sessionid"].value
        phone.clear_cookies()
        phone.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        tab.goto(f"{live_server.url}{address}")

    enter("warden_chen", "/warden/")
    tab.locator(".tile", has_text="暴露生活垃圾").click()
    tab.fill("#words", "楼道口堆了垃圾，已清走")
    tab.locator("button", has_text="已就地解决").click()
    tab.wait_for_selector(".sentnote")
    planned.number = tab.locator(".sentnote .num").inner_text()
    assert planned.state == "solved_on_spot"

    enter("collector", f"/field/record/{checks_of('s-1').pk}/?personal=1")
    assert tab.locator(".known").inner_text().count(PHONE) == 1
    tab.wait_for_selector(".walk[data-ready]")
    tab.locator("button", has_text="属实").click()
    tab.wait_for_url("**/field/?done=confirmed*")
    assert checks_of("s-1").outcome == "confirmed"
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing hangs over the edge"
    phone.close()
