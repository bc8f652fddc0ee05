"""What the city's devices say: devices and streams, readings kept once, rules, alarms, vital signs."""
