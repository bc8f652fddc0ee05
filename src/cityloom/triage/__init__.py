"""What a text means: class, place, twin, urgency and route, with confidence and reasons; values in, values out."""
