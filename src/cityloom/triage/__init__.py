"""What a text means: its class, place, twin, urgency and route, with confidence and reasons; values in, values out."""
