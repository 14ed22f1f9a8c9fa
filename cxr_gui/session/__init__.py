"""What the tabs share, and how they ask for work. Knows no widget."""

from cxr_gui.session.session import Session
from cxr_gui.session.values import AttackSetting, Exhibit, Message, Trace

__all__ = ["AttackSetting", "Exhibit", "Message", "Session", "Trace"]
