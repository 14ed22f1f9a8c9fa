from .lanes import Lane
from .session import Session
from .values import AttackSetting, Exhibit, Explained, Message, Trace

__all__ = [
    "AttackSetting",
    "Exhibit",
    "Explained",
    "Lane",
    "Message",
    "Session",
    "Trace",
]
