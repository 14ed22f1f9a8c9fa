from .bound import BOUNDS, DEFAULT_BOUND
from .interval import Interval, ball
from .network import Network, read_network
from .radius import SLACK, TOLERANCE, Prover, certified, certified_radii
from .reading import UnboundedError

__all__ = [
    "BOUNDS",
    "DEFAULT_BOUND",
    "SLACK",
    "TOLERANCE",
    "Interval",
    "Network",
    "Prover",
    "UnboundedError",
    "ball",
    "certified",
    "certified_radii",
    "read_network",
]
