"""When a promise falls due: pure clocks over a work calendar, values in and values out."""
