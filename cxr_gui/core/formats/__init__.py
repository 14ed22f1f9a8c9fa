"""Image file formats, one a file: how each is read, within bounds, and how perturbed images are written."""
