"""What befalls films without an attacker: the film in the inspector handled, and the table of a sweep."""
