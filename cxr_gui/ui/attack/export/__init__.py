"""What leaves the tab: files, pictures, sheets."""
