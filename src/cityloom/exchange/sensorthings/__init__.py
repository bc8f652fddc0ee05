"""The door of OGC SensorThings API 1.1: devices, streams and readings for whoever speaks the standard."""
