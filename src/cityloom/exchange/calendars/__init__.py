"""When the open cases of a unit fall due, for the calendar programs of its people."""
