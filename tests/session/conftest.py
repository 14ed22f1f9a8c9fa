from tests.support.small_attack_tab import classifier, folder, session

__all__ = ["classifier", "folder", "session"]
