from .interval import Interval, ball
from .network import Network, read
from .reading import UnboundedError

__all__ = ["Interval", "Network", "UnboundedError", "ball", "read"]
