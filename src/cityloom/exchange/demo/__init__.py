"""Makes Jinchuan 锦川, a city that exists nowhere, so that everything can be seen minutes after a clone."""
