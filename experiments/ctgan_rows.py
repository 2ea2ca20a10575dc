"""Rows of a table by CTGAN or TVAE: table_quality.py starts it in an environment with ctgan.

python ctgan_rows.py METHOD TRAINING.csv MADE.csv COUNT SEED [COLUMN OF TEXT ...]
"""

import random
import sys

import ctgan
import numpy as np
import pandas as pd
import torch


def main():
    """Trains as the package ships, and writes as many rows as asked."""
    method, given, made, count, seed, *classes = sys.argv[1:]
    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002  # the package draws from it
    torch.manual_seed(int(seed))
    torch.set_num_threads(1)
    model = getattr(ctgan, method)()
    model.fit(pd.read_csv(given), classes)
    model.sample(int(count)).to_csv(made, index=False)


if __name__ == "__main__":
    main()
