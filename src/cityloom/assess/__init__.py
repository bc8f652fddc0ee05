"""Rates, shares and what may be read from them: how well the city keeps what it promised."""
