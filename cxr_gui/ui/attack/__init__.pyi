from .sweep.curves import DRAWN
from .tab import AttackTab
from .viewer.look import Look
from .viewer.mouse import Bindings, MouseDialog

__all__ = [
    "DRAWN",
    "AttackTab",
    "Bindings",
    "Look",
    "MouseDialog",
]
