"""Draw pictures from arrays, with one call per picture.

Functions `plot_*` take arrays and return a Matplotlib `Figure`. They need no model, data set or
file. Functions `*_frames` return the frames of an animation. `save_figure` and `save_gif` write
files. The other functions compute inputs of pictures, such as codes of traversals and grids of
images. Names are imported on first use.

Example:
    >>> import numpy as np
    >>> from vae_tf import plots
    >>> kl = np.array([3.0, 0.01])  # nats of two latents
    >>> figure = plots.plot_kl_per_latent(kl, kl >= 0.1, "3 nats, 1 of 2 latents active")
    >>> figure.axes[0].get_ylabel()
    'KL to the prior, nats per image'
"""

import importlib

_HOMES = {
    "CodeStatistics": "code_statistics",
    "Coloring": "latent_space",
    "Compared": "comparison",
    "Completions": "inpainting",
    "Curve": "score_curves",
    "Marginal": "table_columns",
    "Measured": "forecasts",
    "Scatter": "latent_space",
    "Standing": "model_choice",
    "enhance_dark": "animations",
    "farthest_latent": "code_statistics",
    "image_grid": "grids",
    "latent_ranges": "traversals",
    "plot_anomalies": "anomalies",
    "plot_associations": "table_columns",
    "plot_codes_positions": "codes_positions",
    "plot_column_gains": "table_columns",
    "plot_columns_along_latents": "table_columns",
    "plot_comparison": "comparison",
    "plot_decomposition": "kl_decomposition",
    "plot_forecast": "forecasts",
    "plot_heat_maps": "heat_maps",
    "plot_image_rows": "image_figures",
    "plot_inpainting": "inpainting",
    "plot_interpolation": "image_figures",
    "plot_kl_per_latent": "kl_per_latent",
    "plot_latent_space": "latent_space",
    "plot_marginals": "table_columns",
    "plot_model_choice": "model_choice",
    "plot_paths": "paths",
    "plot_radial_spectra": "radial_spectra",
    "plot_rank_correlations": "rank_correlations",
    "plot_rate_distortion": "rate_distortion",
    "plot_score_curves": "score_curves",
    "plot_score_maps": "score_maps",
    "plot_training_curves": "training_curves",
    "plot_traversal": "traversal_figures",
    "plot_traversals": "traversal_figures",
    "save_figure": "saving",
    "save_gif": "saving",
    "single_latent_codes": "traversals",
    "training_frames": "animations",
    "traversal_codes": "traversals",
    "traversal_frames": "animations",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"vae_tf.plots.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'vae_tf.plots' has no attribute '{name}'")


def __dir__():
    return __all__
