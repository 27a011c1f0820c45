"""How an industry stands by the state's lists: forbidden, obsolete, to be reviewed, or on none of them."""

from typing import Final

import numpy as np
import pandas as pd

from landgis.terms.rules import Ruleset

#: What is said of an industry that no list names.
UNLISTED: Final = "unlisted"


def industry_standing(measures: pd.DataFrame, rules: Ruleset) -> pd.Series:
    """Say how each parcel's industry stands; the code is a clue only: lists go by product and process.

    Parameters
    ----------
    measures
        Reads ``industry_code`` and ``industry_scheme``.
    rules
        A ruleset of the kind ``industries``. A code stands in a list by its own digits or by the first of them; of several lists
        the first counts.

    Returns
    -------
    Series
        Index of `measures`: the code of a list, or ``unlisted``; None where the industry is unknown, or its edition is one that
        no list speaks of.
    """
    pairs = measures["industry_scheme"].astype("object").fillna("") + "\x1f" + measures["industry_code"].fillna("")
    place, distinct = pd.factorize(pairs)
    said = np.empty(len(distinct), dtype=object)
    said[:] = [_standing(pair, rules) for pair in distinct]
    return pd.Series(said[place], index=measures.index, dtype="object")


def _standing(pair: str, rules: Ruleset) -> str | None:
    scheme, code = pair.split("\x1f")
    lists = [item for item in rules.standings if item.scheme == scheme]
    if not code or not lists:
        return None
    for item in lists:
        if code.startswith(item.values):
            return item.code
    # The code's own digits may be too few to tell: 33 may be 3391.
    return None if any(one.startswith(code) for item in lists for one in item.values) else UNLISTED
