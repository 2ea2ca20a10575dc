"""Results of runs and studies: scores of run folders, records, tables, statistics and figures."""
