"""What the tabs share, and how they ask for work. Knows no widget."""

from cxr_gui.session.session import Session
from cxr_gui.session.values import AttackSetting, Exhibit, Explained, Message, Trace

__all__ = ["AttackSetting", "Exhibit", "Explained", "Message", "Session", "Trace"]
