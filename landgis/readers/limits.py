"""How long the reading of a file may take by the clock: said by an entrance, kept by the jail."""

from dataclasses import dataclass
from typing import Final

#: Where an entrance says nothing else; a megabyte adds some seconds, since a machine has others to serve.
WALL_S: Final = 120.0


@dataclass
class _Allowed:
    """What is allowed in this process; 0 for no limit."""

    wall_s: float = WALL_S


allowed = _Allowed()
