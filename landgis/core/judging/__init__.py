"""What parcels and enterprises are measured at, what is suspected of them, which answer they get, and why."""
