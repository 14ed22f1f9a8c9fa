"""The attack tab: three linked views, the attack's controls, the verdict in words, and the sweep chart."""

from cxr_gui.ui.attack.tab import AttackTab

__all__ = ["AttackTab"]
