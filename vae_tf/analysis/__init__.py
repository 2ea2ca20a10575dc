"""Analysis: run folders in, pictures and a report out. `analyze` chains compute, draw and save."""

from vae_tf.analysis.drawing import analyze
from vae_tf.analysis.overview import OVERVIEW
from vae_tf.analysis.products import PRODUCTS
from vae_tf.analysis.request import Outcome
from vae_tf.analysis.selection import chosen_products, find_runs

__all__ = ["OVERVIEW", "PRODUCTS", "Outcome", "analyze", "chosen_products", "find_runs"]
