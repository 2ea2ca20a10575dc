"""Analysis: run folders in, pictures and a report out. `analyse` chains compute, draw and save."""

from vae_tf.analysis.products import PRODUCTS
from vae_tf.analysis.session import OVERVIEW, Outcome, analyse, chosen_products, find_runs

__all__ = ["OVERVIEW", "PRODUCTS", "Outcome", "analyse", "chosen_products", "find_runs"]
