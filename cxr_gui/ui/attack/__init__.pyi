from .sweep.curves import KINDS
from .tab import AttackTab
from .viewer.look import Look
from .viewer.mouse import Bindings, MouseDialog

__all__ = [
    "KINDS",
    "AttackTab",
    "Bindings",
    "Look",
    "MouseDialog",
]
