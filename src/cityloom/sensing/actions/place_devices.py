"""Gives each device of the folder a place and a feature as SensorThings tells them, and keeps where it was before."""

from __future__ import annotations

from datetime import datetime

from django.db.backends.utils import CursorWrapper

_MOVED = """
SELECT d.id, d.lon, d.lat, coalesce(nullif(d.name_zh, ''), nullif(d.name_en, ''), d.code) AS name
FROM sensing_device d
WHERE d.city_id = %(city)s AND d.source = 'folder' AND d.state <> 'retired'
  AND d.lon IS NOT NULL AND d.lat IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM sensing_place_of_device p JOIN sensing_location l ON l.id = p.location_id
    WHERE p.device_id = d.id AND l.location = jsonb_build_object(
      'type', 'Point', 'coordinates', jsonb_build_array(d.lon, d.lat)))
"""
_PLACE = f"""
WITH moved AS MATERIALIZED ({_MOVED}), numbered AS MATERIALIZED (
  SELECT m.*, nextval(pg_get_serial_sequence('sensing_location', 'id')) AS place FROM moved m
), places AS (
  INSERT INTO sensing_location (id, city_id, name, description, encoding, location, properties)
  SELECT place, %(city)s, name, name, 'application/geo+json',
    jsonb_build_object('type', 'Point', 'coordinates', jsonb_build_array(lon, lat)), '{{}}' FROM numbered RETURNING id
), features AS (
  INSERT INTO sensing_feature (city_id, name, description, encoding, feature, properties, location_id)
  SELECT %(city)s, name, name, 'application/geo+json',
    jsonb_build_object('type', 'Point', 'coordinates', jsonb_build_array(lon, lat)), '{{}}', place FROM numbered
), history AS (
  INSERT INTO sensing_past_location (city_id, device_id, at, locations)
  SELECT %(city)s, id, %(at)s, jsonb_build_array(place) FROM numbered
), gone AS (
  DELETE FROM sensing_place_of_device p USING numbered n WHERE p.device_id = n.id
)
INSERT INTO sensing_place_of_device (device_id, location_id) SELECT id, place FROM numbered
"""  # noqa: S608


def place_devices(cursor: CursorWrapper, city_id: int, at: datetime) -> int:
    """Place the devices of the folder that are new or have moved; how many. Inside the caller's transaction.

    Doing it again changes nothing. `at`: from when on they stand there.
    """
    cursor.execute(_PLACE, {"city": city_id, "at": at})
    return int(cursor.rowcount)
