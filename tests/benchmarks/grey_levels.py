"""Is any gradient hidden between the grey levels? `python -m tests.benchmarks.grey_levels`.

Of each shipped classifier that compares means with grey levels: the share of the grey values from black to
white that are on a ramp, where an attack has a gradient to follow, how many ramps they are on on average, and
where they are on none.
"""

from __future__ import annotations

import sys

import torch

from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.level_cnn import Levels
from cxr_gui.core.models.shipped_classifiers import shipped


def main() -> None:
    grey = torch.linspace(0, 1, 10_001)
    for entry in shipped():
        classifier = load(entry.path).eval()
        for levels in (layer for layer in classifier.network.modules() if isinstance(layer, Levels)):
            seen = 2 * grey - 1  # as the layer gets it
            with torch.no_grad():
                ramps = (levels(seen.view(1, 1, 1, -1)).abs() < 1).sum(dim=1).flatten()
            flat = grey[ramps == 0]
            where = f"; on none from {flat.min():.3f} to {flat.max():.3f}" if len(flat) else ""
            sys.stdout.write(
                f"{entry.name}: {(ramps > 0).float().mean():.1%} on a ramp, "
                f"{ramps.float().mean():.1f} on average{where}\n"
            )


if __name__ == "__main__":
    main()
