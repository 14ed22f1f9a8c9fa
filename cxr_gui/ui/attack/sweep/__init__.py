"""The sweep panel: chart, legend, checks, flipped images."""
