from .folder import demo_classifier_path, ensure_demo, is_demo, write_demo

__all__ = [
    "demo_classifier_path",
    "ensure_demo",
    "is_demo",
    "write_demo",
]
