"""What may happen to a film on a ward: exposure, gamma, rotation, place and size, all at once. No torch.

Unlike a shift, which has severities, each of these can be as small as one likes; together they are a box
whose middle is the film as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxr_gui.core.base.fields import accept_fields, setting
from cxr_gui.core.base.numbers import number_text


@dataclass(frozen=True)
class Ward:
    """What passes: the largest change of each kind, either way. Raises SettingsError for other values."""

    exposure: float = setting(1.25, "exposure times or divided by", minimum=1.0, maximum=4.0)
    gamma: float = setting(1.2, "gamma times or divided by", minimum=1.0, maximum=3.0)
    rotation: float = setting(5.0, "rotation either way", minimum=0.0, maximum=45.0, unit="degrees")
    right: float = setting(0.05, "shift to either side", minimum=0.0, maximum=0.5, unit="of the side")
    down: float = setting(0.05, "shift up or down", minimum=0.0, maximum=0.5, unit="of the side")
    zoom: float = setting(1.1, "size times or divided by", minimum=1.0, maximum=2.0)

    def __post_init__(self) -> None:
        accept_fields(self)

    def handling(self, shares: Sequence[float]) -> Handling:
        """That of six shares from -1 to 1 of what passes; 0 leaves the film as it is."""
        exposure, gamma, rotation, right, down, zoom = shares
        return Handling(
            self.exposure**exposure,
            self.gamma**gamma,
            self.rotation * rotation,
            self.right * right,
            self.down * down,
            self.zoom**zoom,
        )

    @property
    def open(self) -> list[int]:
        """The places of those that may change at all."""
        neutral = (1.0, 1.0, 0.0, 0.0, 0.0, 1.0)
        return [place for place, most in enumerate(vars(self).values()) if most != neutral[place]]


@dataclass(frozen=True)
class Handling:
    """exposure, gamma, zoom: factors; rotation in degrees, clockwise; right, down: shares of the side."""

    exposure: float = 1.0
    gamma: float = 1.0
    rotation: float = 0.0
    right: float = 0.0
    down: float = 0.0
    zoom: float = 1.0

    @property
    def words(self) -> str:
        """What was changed, for people: "gamma 1.12, rotation 3 degrees"; "nothing" where nothing was."""
        factors = {name: getattr(self, name) for name in ("exposure", "gamma", "zoom")}
        said = [f"{name} {number_text(round(factor, 3))}" for name, factor in factors.items() if factor != 1]
        if self.rotation:
            said.append(f"rotation {number_text(round(self.rotation, 2))} degrees")
        for name, sides in (("right", ("left", "right")), ("down", ("up", "down"))):
            if way := getattr(self, name):
                said.append(f"{sides[way > 0]} {number_text(round(100 * abs(way), 2))} %")
        return ", ".join(said) or "nothing"


AS_IT_IS = Handling()
"""Of a film that nobody handled."""
