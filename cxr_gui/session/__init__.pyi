from .auditing import Listed
from .lanes import Lane
from .queueing import Draft
from .session import Session
from .values import AttackSetting, Explained, Message, Offer, OpenFilm, Trace

__all__ = [
    "AttackSetting",
    "Draft",
    "Explained",
    "Lane",
    "Listed",
    "Message",
    "Offer",
    "OpenFilm",
    "Session",
    "Trace",
]
