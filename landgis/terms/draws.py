"""How weights and noise are drawn when a run's stability is asked for."""

from dataclasses import dataclass

from landgis.terms.errors import InputError, Words


@dataclass(frozen=True, slots=True)
class Draws:
    """How often, from which seed, how near to the scheme's weights, and how noisy the figures are.

    ``concentration`` is the sum of the parameters of the Dirichlet distribution around the weights: at 50 a weight of a third has a
    standard deviation of 0.07. ``noise`` is the relative standard deviation of every figure. The defaults are our own advice.

    Raises
    ------
    InputError
        A number is out of its bounds.
    """

    count: int = 1000
    seed: int = 1
    concentration: float = 50.0
    noise: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not (
            0 < self.count <= 100_000 and 0 <= self.seed < 2**63 and 0 < self.concentration and 0 <= self.noise < 1
        ):
            raise InputError(
                Words("抽样参数超出范围。", "The draws cannot be made so."),
                at=f"count={self.count} seed={self.seed} concentration={self.concentration:g} noise={self.noise:g}",
                mend=Words(
                    "次数 1–100000，种子不为负，集中度大于零，误差在 0 与 1 之间。",
                    "1 to 100,000 draws, a seed not below zero, a concentration above zero, noise from 0 to below 1.",
                ),
            )
