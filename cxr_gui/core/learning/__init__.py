"""What training consists of: steps, augmentation, attacks on images, validation, the run and its state."""
