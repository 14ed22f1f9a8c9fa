"""What a sweep consists of: attacked batches, counts at each epsilon, comparisons, and its files."""
