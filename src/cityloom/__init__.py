"""Cityloom 织城: every sign of trouble in a city becomes a case, is seen through to a checked end, and teaches."""

__version__ = "0.2.0"
