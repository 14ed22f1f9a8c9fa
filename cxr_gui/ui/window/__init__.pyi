from .main_window import MainWindow
from .splash import Splash

__all__ = [
    "MainWindow",
    "Splash",
]
