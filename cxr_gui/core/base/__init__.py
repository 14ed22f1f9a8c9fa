"""The ground floor: errors, progress events, files, units, devices, metrics. Each module is its own face."""
