"""What leaves the tab: files, images, sheets."""
