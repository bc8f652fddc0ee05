"""Plans of watched buildings: who may change them, what a spot is, what is kept of a change."""

from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from tests.cases.life import Life
from tests.sensing.test_fire import PLAN, watched_building

from cityloom.city.values import Post, Role
from cityloom.sensing.actions.hang_device import hang_device
from cityloom.sensing.actions.judge_fire import NoSuchSite, site_seen
from cityloom.sensing.actions.replace_floor_plan import replace_floor_plan
from cityloom.sensing.fire_drawing import BadSpot, NotYourBuilding, Spot, may_draw, spot_of
from cityloom.sensing.fire_drawing_rows import list_changes, list_devices_to_hang
from cityloom.sensing.fire_rows import list_plans, list_points
from cityloom.sensing.models import Device
from cityloom.sensing.plan_pictures import BadPlan

OWNER = Post("owner", Role.SENSOR_OWNER, unit="water_co")


@pytest.mark.parametrize(
    ("post", "may", "because"),
    [
        (OWNER, True, "the unit owns the devices"),
        (Post("o", Role.SENSOR_OWNER, unit="gas_co"), False, "another unit"),
        (Post("d", Role.DISPATCHER, unit="water_co"), False, "who calls does not draw"),
        (Post("l", Role.LEADER), False, "who leads does not draw"),
    ],
)
def test_only_the_unit_that_owns_the_devices_changes_plans(post, may, because):
    assert may_draw(post, "water_co") is may, because


@pytest.mark.parametrize(
    ("said", "spot", "because"),
    [
        (("3F", "29", "31.5"), Spot("3F", 0.29, 0.315), "per cent of the plan"),
        ((" 3  F ", "0", "100"), Spot("3 F", 0.0, 1.0), "its corner; spaces are put right"),
        (("B1", "", " "), Spot("B1", None, None), "nobody knows where on the floor"),
        (("", "1", "1"), None, "no floor"),
        (("x" * 41, "1", "1"), None, "a floor with too long a name"),
        (("1F", "1", ""), None, "half a spot"),
        (("1F", "101", "1"), None, "beside the plan"),
        (("1F", "nan", "1"), None, "no number"),
        (("1F", "1,5", "1"), None, "no number either"),
    ],
)
def test_a_spot_is_two_numbers_on_a_floor_or_none(said, spot, because):
    if spot is None:
        with pytest.raises(BadSpot):
            spot_of(*said)
        return
    assert spot_of(*said) == spot, because


@pytest.mark.django_db
def test_an_owner_puts_in_a_floor_hangs_devices_and_it_is_kept_who_did(life: Life, tmp_path: Path):
    watched_building(life, tmp_path)
    Device.objects.create(city_id=life.city.id, code="smoke-9", type="smoke_detector", owner="water_co")
    Device.objects.create(city_id=life.city.id, code="smoke-x", type="smoke_detector", owner="gas_co")
    city, clock, desk = life.city, life.clock, life.post("dispatcher")
    plan = replace_floor_plan(city, "b1", "B1", PLAN.encode(), OWNER, clock)
    assert (plan.floor, plan.width, plan.height) == ("B1", 300, 200)
    rules = city.config.scenarios.fire
    with connection.cursor() as cursor:
        assert list_devices_to_hang(cursor, city.id, rules.smoke, OWNER.units) == ["smoke-9"]
    hang_device(city, "b1", "smoke-9", Spot("B1", 0.5, 0.25), OWNER, clock)
    hang_device(city, "b1", "wire-1", Spot("1F", 0.1, 0.2), OWNER, clock)

    refused = (
        (NotYourBuilding, lambda: hang_device(city, "b1", "smoke-x", Spot("B1", 0, 0), OWNER, clock)),
        (BadSpot, lambda: hang_device(city, "b1", "level-1", Spot("B1", 0, 0), OWNER, clock)),
        (BadSpot, lambda: replace_floor_plan(city, "b1", "B1", b"", OWNER, clock)),
        (BadPlan, lambda: replace_floor_plan(city, "b1", "B1", b"no picture", OWNER, clock)),
        (NotYourBuilding, lambda: replace_floor_plan(city, "b1", "B1", PLAN.encode(), desk, clock)),
        (NoSuchSite, lambda: replace_floor_plan(
            city, "b1", "B1", PLAN.encode(), Post("o", Role.SENSOR_OWNER, unit="gas_co"), clock)),
    )  # fmt: skip
    for error, act in refused:
        with pytest.raises(error):
            act()

    site = site_seen(city, "b1", OWNER)
    assert site.floors == ("1F", "2F", "B1"), "a new floor comes last, one that is there stays"
    with connection.cursor() as cursor:
        spots = {p.code: (p.kind, p.floor, p.x, p.y) for p in list_points(cursor, site.id)}
        assert spots["smoke-9"] == ("smoke", "B1", 0.5, 0.25)
        assert spots["wire-1"] == ("electrical", "1F", 0.1, 0.2)
        assert list_plans(cursor, site.id)["B1"] == plan
        told = [(each.floor, each.device, each.by_login) for each in list_changes(cursor, site.id)]
        assert told == [("1F", "wire-1", "owner"), ("B1", "smoke-9", "owner"), ("B1", "", "owner")]
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            cursor.execute("DELETE FROM sensing_fire_change")
