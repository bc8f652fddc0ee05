"""Where and who: areas, grids, units, posts, the catalogue of matters, duties, components, calendars."""
