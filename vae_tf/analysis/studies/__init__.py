"""What the runs of a study tell together: means over seeds, ranks, what UDR would choose."""

from vae_tf.analysis.studies.products import STUDY_PRODUCTS, write_study

__all__ = ["STUDY_PRODUCTS", "write_study"]
