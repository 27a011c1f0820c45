"""A land-stock service for industrial parks: what lies idle, what is badly used, who should leave, swap or build up."""

__version__ = "0.1.0"
