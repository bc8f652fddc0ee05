"""What a city's folder and the environment say about partners' servers, and how a mistake in it is told."""

from __future__ import annotations

import tomllib

import pytest
from tests.city.small_city import CITY_TOML

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.partner_settings import partner_keys
from cityloom.city.config import parse_config
from cityloom.city.values import PartnerDoor


def config_of(more: str):
    text = CITY_TOML.replace("[partners.990200]\n", f"[partners.990200]\n{more}\n")
    return parse_config(tomllib.loads(text))


def test_a_partner_may_have_a_server_with_services_of_its_own():
    config, problems = config_of(
        'open311 = "https://n.example/v2/"\njurisdiction = "n"\nservices = { lamps = "gb2013:0137" }'
    )
    assert problems == []
    assert config is not None
    assert config.settings.partner_doors == {
        "990200": PartnerDoor("https://n.example/v2", "n", {"lamps": "gb2013:0137"})
    }


def test_a_partner_says_how_often_it_is_spoken_to_and_whether_endings_are_told():
    config, problems = config_of('open311 = "https://n.example"\nopen311_every_min = 15\nopen311_tells_ends = true')
    assert (config is not None, problems) == (True, [])
    door = config.settings.partner_doors["990200"]
    assert (door.every_min, door.tells_ends) == (15, True)


def test_a_partner_without_a_server_has_no_door():
    config, problems = config_of("")
    assert config is not None
    assert (config.settings.partner_doors, problems) == ({}, [])


WRONG = [
    ('open311 = "ftp://n.example"', "partners.990200.open311", "no address of the web"),
    ("open311 = 7", "partners.990200.open311", "no text"),
    ('open311 = "https://n.example"\nservices = [1]', "partners.990200.services", "no table"),
    ('open311 = "https://n.example"\nservices = { a = 1 }', "partners.990200.services", "no class code"),
    ('open311 = "https://n.example"\nopen311_every_min = -1', "partners.990200.open311_every_min", "backwards"),
    ('open311 = "https://n.example"\nopen311_every_min = true', "partners.990200.open311_every_min", "no number"),
    ('open311 = "https://n.example"\nopen311_tells_ends = 1', "partners.990200.open311_tells_ends", "no truth"),
    ('opem311 = "https://n.example"', "partners.990200.opem311", "a slip of the pen"),
]


@pytest.mark.parametrize(("more", "key", "because"), WRONG, ids=[w[2] for w in WRONG])
def test_a_mistake_about_a_server_is_named(more, key, because):
    _, problems = config_of(more)
    assert [p.params["key"] for p in problems] == [key], because


def test_keys_are_read_by_partner_and_never_told_in_an_error():
    assert partner_keys(Environment({"CITYLOOM_PARTNER_KEYS": "990200=a=b, 990300=c"})) == {
        "990200": "a=b",
        "990300": "c",
    }
    with pytest.raises(SettingNotUnderstood) as told:
        partner_keys(Environment({"CITYLOOM_PARTNER_KEYS": "s3cret"}))
    assert "s3cret" not in str(told.value)
