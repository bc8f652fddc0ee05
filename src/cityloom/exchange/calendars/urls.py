"""The address of a unit's calendar; the code of the link comes as `key`."""

from django.urls import path

from cityloom.exchange.calendars.views import unit_calendar

urlpatterns = [path("<str:unit>.ics", unit_calendar, name="unit_calendar")]
