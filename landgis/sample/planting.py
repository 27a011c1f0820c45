"""Where conditions are planted: plots picked from the healthy city, what is altered on them, and what must be found there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely.affinity import scale

from landgis.sample.fabric import Fabric, Floats, Ints
from landgis.sample.records import Holdings
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.errors import Words
from landgis.terms.rulereader import load_ruleset, with_needed
from landgis.terms.rules import Ruleset
from landgis.terms.units import mu

#: One row per test that says something else than "clear" of a planted parcel; one row with an empty test where all are clear.
#: ``answer``, ``gate`` and ``track`` are the triage's and the same on every row of a parcel. A parcel without a row is to be left.
ANSWERS: Final = (
    "plant", "zh", "en", "park_code", "parcel_no", "uscc", "ruleset", "test", "finding", "answer", "gate", "track", "article",
)  # fmt: skip
#: The rulesets for which the key is written.
RULESETS: Final = ("cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage", "cn-zombie")

#: Levels (see `landgis.sample.records.levels`) that put a firm among the first fifth, into the middle, and into the last third.
GOOD, FAIR, MODEST = 1.8, 1.0, 0.8

#: A parcel fit for planting is of ordinary size.
_LEAST_M2, _MOST_M2 = 9_000.0, 60_000.0
#: How the figures of a year follow the level: its powers, as in `landgis.sample.records.year_frame`.
_POWERS: Final = {
    "revenue_wan": 1.0, "output_wan": 1.0, "value_added_wan": 1.0, "tax_wan": 1.0, "profit_wan": 1.0, "rd_wan": 1.5,
    "energy_tce": 0.5, "power_kwh": 0.5, "emission_t": 0.5, "employees": 0.5,
}  # fmt: skip


@dataclass(frozen=True)
class Law:
    """The rulesets the key is written for: every number a plant stands beside is read from them."""

    idle: Ruleset
    low_efficiency: Ruleset
    performance: Ruleset
    triage: Ruleset
    activity: Ruleset
    industries: Ruleset

    @classmethod
    def load(cls) -> Law:
        """Read the packaged rulesets, and those they need."""
        return cls(*with_needed(map(load_ruleset, RULESETS)))

    def test(self, code: str) -> tuple[str, str]:
        """Give the ruleset and the article of a test."""
        found = [
            (rules.code, test.article)
            for rules in (self.idle, self.low_efficiency, self.activity)
            for test in rules.tests
            if test.code == code
        ]
        return found[0]

    def gate(self, code: str) -> tuple[int, str]:
        """Give the number and the article of a gate; the code may be that of one of its conditions."""
        for gate in self.triage.gates:
            if code in (gate.code, *(item.code for item in gate.any_of)):
                return gate.gate, gate.article
        raise KeyError(code)


@dataclass
class Garden:
    """The city under planting: its frames, and the alterations, collected and made all at once.

    Attributes
    ----------
    building_of
        The parcel of each building, by position, ascending.
    level
        The level of each firm in each year, the last year first.
    quiet
        Firms whose meters fall silent, and since when.
    chains
        The planner's answer, see `landgis.sample.chains.CHAIN_COLUMNS`.
    spare
        The same, see `landgis.sample.spare.SPARE_COLUMNS`.
    """

    frames: dict[str, pd.DataFrame]
    fabric: Fabric
    holdings: Holdings
    building_of: Ints
    level: Floats
    on: date
    law: Law = field(default_factory=Law.load)
    taken: set[int] = field(default_factory=set)
    unranked: set[int] = field(default_factory=set)
    last: set[int] = field(default_factory=set)
    quiet: dict[int, pd.Timestamp] = field(default_factory=dict)
    chains: pd.DataFrame = field(default_factory=pd.DataFrame)
    spare: pd.DataFrame = field(default_factory=pd.DataFrame)
    _cells: dict[tuple[str, str], dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))
    _dropped: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _added: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    _answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def years(self) -> int:
        """How many years of each firm there are."""
        return int(self.level.shape[1])

    @cached_property
    def ordinary(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Parcels of one firm that has no other land."""
        return np.asarray((self.holdings.users == 1) & (self.holdings.parcels_of_owner[self.holdings.owner] == 1))

    @cached_property
    def is_small_firm(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Firms below designated size."""
        return (self.frames["enterprise"]["scale"] == "below").to_numpy(dtype=bool)

    def plots(self, rng: np.random.Generator) -> Iterator[Plot]:
        """Give plots for planting, park after park in turn: ordinary rectangles, their firms fair and above designated size."""
        area_m2 = self.frames["parcel"]["geom_area_m2"].to_numpy()
        fit = self.ordinary & (self.fabric.pieces.notch < 0) & (area_m2 > _LEAST_M2) & (area_m2 < _MOST_M2)
        fit &= ~self.is_small_firm[self.holdings.owner]
        for parcel in self._in_turn(rng, np.flatnonzero(fit)):
            plot = self.take(parcel)
            plot.at_level(FAIR)
            yield plot

    def small_plots(self, rng: np.random.Generator) -> Iterator[Plot]:
        """Give ordinary plots whose firms are below designated size."""
        found = np.flatnonzero(self.ordinary & self.is_small_firm[self.holdings.owner])
        yield from map(self.take, self._in_turn(rng, found))

    def shared_plots(self, rng: np.random.Generator, users: int) -> Iterator[Plot]:
        """Give plots that so many firms use, the owner above designated size."""
        fit = (self.holdings.users == users) & ~self.is_small_firm[self.holdings.owner]
        yield from map(self.take, self._in_turn(rng, np.flatnonzero(fit)))

    def shared_neighbours(self, rng: np.random.Generator) -> tuple[Plot, Plot]:
        """Give two shared plots of one park."""
        left = list(self._in_turn(rng, np.flatnonzero(self.holdings.users > 1)))
        park = pd.Series(self.fabric.park_of[left])
        first, second = np.flatnonzero(park == park[park.duplicated()].iloc[0])[:2]
        return self.take(left[first]), self.take(left[second])

    def paired_plots(self, rng: np.random.Generator) -> Iterator[tuple[Plot, Plot]]:
        """Give the two plots of a firm that has two."""
        owner = self.holdings.owner
        for first in self._in_turn(rng, np.flatnonzero(self.holdings.parcels_of_owner[owner] == 2)):
            if first + 1 < len(owner) and owner[first + 1] == owner[first]:
                yield self.take(first), self.take(first + 1)

    def take(self, parcel: int) -> Plot:
        """Take a parcel for planting; nothing else is planted on it."""
        self.taken.add(parcel)
        return Plot(self, parcel)

    def _in_turn(self, rng: np.random.Generator, parcels: Ints) -> Iterator[int]:
        found = rng.permutation(parcels)
        park = self.fabric.park_of[found]
        turn = pd.Series(park).groupby(park).cumcount().to_numpy()
        for parcel in found[np.lexsort((park, turn))].tolist():
            if parcel not in self.taken:
                yield parcel

    def set(self, table: str, row: int, values: Mapping[str, Any]) -> None:
        """Remember to alter cells of one row."""
        for column, value in values.items():
            if column not in self.frames[table]:
                raise KeyError(f"{table}.{column}")
            self._cells[table, column][row] = value

    def get(self, table: str, row: int, column: str) -> Any:  # noqa: ANN401 - a cell of any kind
        """Read a cell as it will be."""
        return self._cells.get((table, column), {}).get(row, self.frames[table][column].iat[row])

    def drop(self, table: str, rows: Iterable[int]) -> None:
        """Remember to take rows away."""
        self._dropped[table].update(rows)

    def add(self, table: str, values: dict[str, Any]) -> None:
        """Remember to add a row."""
        self._added[table].append(values)

    def answer(self, plots: Iterable[int], **said: str | int) -> None:
        """Write lines of the answer key, one for each of some parcels."""
        at = np.fromiter(plots, dtype=np.int64)
        land = self.frames["parcel"]
        names = zip(
            land["park_code"].iloc[at].tolist(), land["parcel_no"].iloc[at].tolist(),
            self.frames["enterprise"]["uscc"].iloc[self.holdings.owner[at]].tolist(), strict=True,
        )  # fmt: skip
        self._answers += [
            {"park_code": park, "parcel_no": parcel, "uscc": uscc, **said} for park, parcel, uscc in names
        ]

    def finish(self) -> pd.DataFrame:
        """Make all alterations; give the answer key."""
        for (table, column), cells in self._cells.items():
            values = self.frames[table][column]
            if column == "geom" or values.dtype == object:
                whole = values.to_numpy().copy()
                for row, value in cells.items():
                    whole[row] = value
                self.frames[table][column] = whole
            else:
                altered = values.copy()
                altered.iloc[list(cells)] = pd.Series(list(cells.values()), dtype=values.dtype).array
                self.frames[table][column] = altered
        for table, new in self._added.items():
            old = self.frames[table]
            more = pd.DataFrame(new).reindex(columns=old.columns).astype(old.dtypes.to_dict())
            self.frames[table] = pd.concat([old, more], ignore_index=True)
        for table, rows in self._dropped.items():
            kept = np.ones(len(self.frames[table]), dtype=bool)
            kept[list(rows)] = False
            self.frames[table] = self.frames[table][kept].reset_index(drop=True)
        answers = pd.DataFrame(self._answers, columns=list(ANSWERS))
        return answers.astype({name: "int64" if name == "gate" else "str" for name in ANSWERS})


@dataclass(frozen=True)
class Plot:
    """One parcel under planting, with its holder, contract and buildings."""

    garden: Garden
    parcel: int

    @property
    def firm(self) -> int:
        """The position of the firm that holds the parcel."""
        return int(self.garden.holdings.owner[self.parcel])

    @property
    def park(self) -> int:
        """The position of the park."""
        return int(self.garden.fabric.park_of[self.parcel])

    @property
    def area_m2(self) -> float:
        """The parcel's area, m²."""
        return float(self.garden.get("parcel", self.parcel, "geom_area_m2"))

    @property
    def mu(self) -> float:
        """The parcel's area, mu."""
        return mu(self.area_m2)

    @property
    def shape(self) -> Any:  # noqa: ANN401 - a shapely geometry
        """The parcel's shape, EPSG:4490."""
        return self.garden.fabric.parcels[self.parcel]

    def tenants(self) -> list[int]:
        """Give the positions of the firms that rent here."""
        holdings = self.garden.holdings
        return [int(holdings.use_firm[row]) for row in self._uses() if holdings.is_tenant[row]]

    def land(self, **values: Any) -> None:  # noqa: ANN401 - cells of any kind
        """Alter the parcel's row."""
        self.garden.set("parcel", self.parcel, values)

    def contract(self, **values: Any) -> None:  # noqa: ANN401
        """Alter the contract's row."""
        self.garden.set("contract", self.parcel, values)

    def delay(self, cause: str, start: pd.Timestamp, days: int) -> None:
        """Put the start of works off for so many days from a day on."""
        key = {name: self.garden.get("contract", self.parcel, name) for name in ("park_code", "contract_no")}
        last = start + pd.Timedelta(days=days - 1)
        self.garden.add(
            "contract_delay", key | {"cause": cause, "from_on": start, "to_on": last, "document_no": "示例文号"}
        )

    def enterprise(self, **values: Any) -> None:  # noqa: ANN401
        """Alter the holder's row."""
        self.garden.set("enterprise", self.firm, values)

    def named(self, name: str) -> None:
        """Give the holder another name, in the register of firms and on the title."""
        self.enterprise(name=name)
        self.land(owner_name=name)

    def year(self, ago: int, *, firm: int | None = None, **values: Any) -> None:  # noqa: ANN401
        """Alter the figures of one year, of the holder or another firm; 0 is the last full year."""
        self.garden.set("enterprise_year", self._year_row(ago, firm), values)

    def times(self, ago: int, *, firm: int | None = None, **factors: float) -> None:
        """Multiply some figures of one year."""
        row = self._year_row(ago, firm)
        figures = {
            name: round(self.garden.get("enterprise_year", row, name) * factor, 4) for name, factor in factors.items()
        }
        self.garden.set("enterprise_year", row, figures)

    def at_level(self, level: float, *ago: int) -> None:
        """Bring the holder's figures of some years (default: all) to a level."""
        for year in ago or range(self.garden.years):
            ratio = level / self.garden.level[self.firm, year]
            self.times(year, **{name: ratio**power for name, power in _POWERS.items()})
            self.garden.level[self.firm, year] = level

    def fails(self, *ago: int) -> None:
        """Put the holder at the very end of the ranking of some years, its tax apart: it pays, but makes next to nothing."""
        self.at_level(MODEST, *ago)
        for year in ago:
            self.times(year, value_added_wan=0.2, rd_wan=0.3)
        if 0 in ago:
            self.garden.last.add(self.firm)

    def falls_silent(self, since: pd.Timestamp) -> None:
        """Let the holder's electricity, tax and insured heads fall to next to nothing; the ledger does not tell."""
        self.garden.quiet[self.firm] = since

    def is_large(self) -> None:
        """Give the holder the size for which the zombie tests are made."""
        rules = self.garden.law.activity
        least = float(rules.value("scope_employees_min", "count"))
        row = self._year_row(0)
        self.year(0, employees=max(self.garden.get("enterprise_year", row, "employees"), least))
        revenue = float(rules.value("scope_revenue_min_wan", "万元"))
        self.year(0, revenue_wan=max(self.garden.get("enterprise_year", row, "revenue_wan"), revenue))

    def seen(self, kind: str, on: pd.Timestamp, share: float = 1.0) -> None:
        """Lay a patch over the parcel, or over a part of it from the west."""
        west, south, east, north = self.shape.bounds
        part = shapely.intersection(self.shape, shapely.box(west, south, west + share * (east - west), north))
        number = len(self.garden._added["evidence"]) + 1
        patch = {
            "park_code": self.garden.frames["parcel"]["park_code"].iat[self.parcel],
            "evidence_no": f"E{number:03}",
            "kind": kind,
            "seen_on": on,
            "source": "示例核查",
            "confidence": 1.0,
            "geom": part,
        }
        self.garden.add("evidence", patch)

    def forget_years(self, *ago: int) -> None:
        """Take away the holder's rows of some years."""
        self.garden.drop("enterprise_year", [self._year_row(year) for year in ago])
        if 0 in ago:
            self.garden.unranked.add(self.firm)

    def young(self) -> None:
        """Let the holder be in production for a year and a half only: not evaluated."""
        self.enterprise(
            production_since=_months_before(self.garden.on, 18), founded_on=_months_before(self.garden.on, 36)
        )
        self.forget_years(*range(2, self.garden.years))
        self.garden.unranked.add(self.firm)

    def build(self, coefficient: float, floors: int, far: float | None = None) -> None:
        """Put one workshop in the middle, in the place of all buildings; without `far` the ratio is that of its floors."""
        room = shapely.box(*self.garden.fabric.pieces.box[self.parcel])
        side = float(np.sqrt(coefficient))
        # The box of the plane is a little larger or smaller than the parcel on the ground: drawn once, measured, drawn again.
        side *= float(
            np.sqrt(coefficient * self.area_m2 / ellipsoid_area_m2([self.on_ground(scale(room, side, side))])[0])
        )
        self._build(self.on_ground(scale(room, side, side)), coefficient, floors, far)

    def build_on(self, room: Any, floors: int) -> None:  # noqa: ANN401 - a shapely geometry
        """Put one workshop on a rectangle of the plane, in the place of all buildings."""
        drawn = self.on_ground(room)
        self._build(drawn, float(ellipsoid_area_m2([drawn])[0]) / self.area_m2, floors, None)

    def _build(self, drawn: Any, coefficient: float, floors: int, far: float | None) -> None:  # noqa: ANN401
        first, *others = self.buildings()
        self.garden.drop("building", others)
        floor_area = (coefficient * floors if far is None else far) * self.area_m2
        workshop = {
            "geom": drawn,
            "floors": floors,
            "height_m": floors * 6.0,
            "footprint_m2": coefficient * self.area_m2,
            "floor_area_m2": floor_area,
            "counted_area_m2": floor_area,
        }
        self.garden.set("building", first, workshop)
        self.land(built_area_m2=round(min(0.97, coefficient * 1.8) * self.area_m2, 1))

    def clear(self) -> None:
        """Take all buildings away."""
        self.garden.drop("building", self.buildings())
        self.land(build_status="unbuilt", stock_class="supplied_unused", built_area_m2=0.0)

    def without_firm(self) -> None:
        """Take the holder's years and uses away: it has never worked here."""
        self.forget_years(*range(self.garden.years))
        self.leave()
        self.enterprise(production_since=pd.NaT)

    def leave(self) -> None:
        """Take all uses of the parcel away."""
        self.garden.drop("parcel_use", self._uses())

    def expect(
        self,
        plant: str,
        words: Words,
        answer: str,
        gate: str = "keep",
        *,
        track: str = "",
        findings: Mapping[str, str] | None = None,
    ) -> None:
        """Write the key: the triage's answer with the gate (or the condition of a gate) that gives it, and the findings not clear."""
        law = self.garden.law
        number, article = (0, "") if answer == "data_first" else law.gate(gate)
        said: dict[str, str | int] = {
            "plant": plant,
            "zh": words.zh,
            "en": words.en,
            "answer": answer,
            "gate": number,
            "track": track,
        }
        if not findings:
            said |= {"ruleset": law.triage.code, "test": "", "finding": "clear", "article": article}
            self.garden.answer([self.parcel], **said)
        for test, finding in (findings or {}).items():
            ruleset, article = law.test(test)
            said |= {"ruleset": ruleset, "test": test, "finding": finding, "article": article}
            self.garden.answer([self.parcel], **said)

    def _year_row(self, ago: int, firm: int | None = None) -> int:
        return (self.firm if firm is None else firm) * self.garden.years + self.garden.years - 1 - ago

    def _uses(self) -> range:
        low, high = np.searchsorted(self.garden.holdings.use_parcel, [self.parcel, self.parcel + 1])
        return range(int(low), int(high))

    def buildings(self) -> range:
        """Give the rows of the buildings that stand here."""
        low, high = np.searchsorted(self.garden.building_of, [self.parcel, self.parcel + 1])
        return range(int(low), int(high))

    def on_ground(self, drawn: Any) -> Any:  # noqa: ANN401 - shapely geometries
        """Bring a shape of the parcel's plane (metres) to EPSG:4490."""
        block = self.garden.fabric.pieces.block[self.parcel]

        def lonlat(points: Floats) -> Floats:
            return self.garden.fabric.plane.lonlat(np.full(len(points), block), points[:, 0], points[:, 1])

        return shapely.transform(drawn, lonlat)


def _months_before(on: date, months: int) -> pd.Timestamp:
    return pd.Timestamp(on) - pd.DateOffset(months=months)
