"""Shared bikes by GBFS 2.3 and 3.0: read from operators, published with the city's parking places."""
