"""The window: tabs and widgets. No torch, no file decoding; whatever takes time goes through the session."""
