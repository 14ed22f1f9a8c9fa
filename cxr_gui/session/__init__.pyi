from .auditing import Listed
from .lanes import Lane
from .session import Session
from .values import AttackSetting, Explained, Message, OpenFilm, Trace

__all__ = [
    "AttackSetting",
    "Explained",
    "Lane",
    "Listed",
    "Message",
    "OpenFilm",
    "Session",
    "Trace",
]
