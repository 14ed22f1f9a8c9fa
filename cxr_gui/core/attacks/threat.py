"""The threat models: what an attacker may do to the channels. No torch, which the window precedes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Threat:
    """What an attacker may do to the channels.

    channels  how many are perturbed independently: 3, or 1 for all alike
    summary   one line about it
    meaning   what it means for a reader of numbers, by the channels that the network sees; None: for any
    """

    name: str
    channels: int
    summary: str
    meaning: Mapping[int | None, str]

    def title(self, channels: int | None) -> str:
        """Its name for people, beside a classifier whose network sees so many channels.

        A network of one channel sees the mean of three, so three can do nothing to it that one cannot.
        """
        return f"{self.name}, averaged to grey" if self.channels == 3 and channels == 1 else self.name

    def words(self, channels: int | None) -> str:
        """What it means for a classifier whose network sees so many channels."""
        return self.meaning.get(channels, self.meaning[None])


THREATS: Registry[Threat] = Registry("threat model")
COLOURED = "A radiograph has a single grey channel, so such an image is no longer one."

for _threat in (
    Threat(
        "rgb",
        3,
        "Each channel on its own, as in the published study; in colour",
        {
            None: "Three channels are perturbed independently (threat model rgb, the published setting). "
            f"{COLOURED} How many channels the network sees was not recorded; one that sees a single channel "
            "gets their mean, and then this is the same as one shared perturbation (threat model grey).",
            1: "Three channels are perturbed independently (threat model rgb), but this classifier sees a "
            "single grey channel, their mean. So there is nothing that this attacker can do to it and one "
            "with a single perturbation for all channels (threat model grey) cannot: it is not the published "
            "setting.",
            3: "The three channels that the network sees are perturbed independently (threat model rgb, the "
            f"published setting). {COLOURED}",
        },
    ),
    Threat(
        "grey",
        1,
        "One for all channels: the only one that is still a radiograph",
        {
            None: "One perturbation is shared by all channels (threat model grey), so the perturbed image is "
            "still a radiograph."
        },
    ),
):
    THREATS.add(_threat.name, _threat)


def check_threat(threat: str) -> str:
    """`threat` if it is the name of one; ArgumentError otherwise."""
    if threat not in THREATS:
        known = " or ".join(map(repr, THREATS))
        raise ArgumentError(f"is {threat!r}.", where="threat", hint=f"Accepted: {known}.")
    return threat


def as_threat(pixels: Tensor, threat: str) -> Tensor:
    """The same radiographs with as many channels as the threat model perturbs.

    pixels [B, 1 or 3, H, W] -> [B, 3, H, W] for "rgb" (the published setting), [B, 1, H, W] for "grey" (the
    only one that is still a radiograph). Raises ArgumentError when coloured pixels are asked to be grey.
    """
    channels = THREATS[check_threat(threat)].channels
    if pixels.shape[1] == channels:
        return pixels
    if channels == 3:
        return pixels.repeat(1, 3, 1, 1)
    if not pixels.equal(pixels[:, :1].expand_as(pixels)):
        raise ArgumentError(
            "has channels that differ.", where="pixels", hint=f"Accepted for '{threat}': equal channels."
        )
    return pixels[:, :1].contiguous()


def threat_of(pixels: Tensor) -> str:
    """The first threat model that perturbs as many channels as `pixels` has."""
    return next(name for name, threat in THREATS.items() if threat.channels == pixels.shape[1])
