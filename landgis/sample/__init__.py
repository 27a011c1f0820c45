"""The sample city: parks that do not exist, with every condition the rules know planted in them, and the key to find them by."""

from landgis.sample.city import City, make_city, write_city

__all__ = ["City", "make_city", "write_city"]
