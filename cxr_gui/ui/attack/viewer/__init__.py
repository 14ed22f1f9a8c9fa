"""The linked views and what is done in them."""
