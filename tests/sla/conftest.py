"""The laws are tried without a time limit: how fast a machine is says nothing about a clock."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
