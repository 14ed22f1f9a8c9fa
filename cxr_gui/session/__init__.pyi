from .lanes import Lane
from .session import Session
from .values import AttackSetting, Explained, Message, OpenFilm, Trace

__all__ = [
    "AttackSetting",
    "Explained",
    "Lane",
    "Message",
    "OpenFilm",
    "Session",
    "Trace",
]
