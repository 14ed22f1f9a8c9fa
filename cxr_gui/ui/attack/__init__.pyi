from .sweep.curves import QUANTITIES
from .tab import AttackTab
from .viewer.look import Look
from .viewer.mouse import Bindings, MouseDialog

__all__ = [
    "QUANTITIES",
    "AttackTab",
    "Bindings",
    "Look",
    "MouseDialog",
]
