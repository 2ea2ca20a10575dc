"""Run folders scored: which scores of `scores` fit a run, their records, their tables."""
