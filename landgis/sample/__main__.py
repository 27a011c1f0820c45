"""Make a sample city and write it to a GeoPackage: ``python -m landgis.sample --parcels 600 --seed 1 --on 2026-01-01 -o city.gpkg``."""

import argparse
import sys
from datetime import date
from pathlib import Path

from landgis.sample.city import make_city, write_city
from landgis.terms.errors import LandgisError


def main(arguments: list[str] | None = None) -> int:
    """Make and write a city; 0 when done, 1 when refused."""
    parser = argparse.ArgumentParser(prog="python -m landgis.sample", description="Make a sample city.")
    parser.add_argument("--parcels", type=int, default=600, metavar="N")
    parser.add_argument("--parks", type=int, default=4, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument(
        "--on", type=date.fromisoformat, required=True, metavar="DATE", help="the day of the city, 2026-01-31"
    )
    parser.add_argument(
        "--origin",
        type=float,
        nargs=2,
        default=(115.2, 33.0),
        metavar=("LON", "LAT"),
        help="the city's middle, degrees",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the GeoPackage to write")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="write the answer key here too, as CSV")
    given = parser.parse_args(arguments)
    try:
        city = make_city(
            parcels=given.parcels,
            parks=given.parks,
            seed=given.seed,
            on=given.on,
            origin=(given.origin[0], given.origin[1]),
        )
        write_city(city, given.output)
        if given.answers:
            city.answers.to_csv(given.answers, index=False)
    except LandgisError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
