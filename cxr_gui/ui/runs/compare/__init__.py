"""Several runs, sweeps and studies, held against each other."""
