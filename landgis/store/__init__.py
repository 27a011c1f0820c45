"""PostGIS: the only rooms that know the database."""
