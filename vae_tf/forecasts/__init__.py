"""Forecast of a linear VAE, computed from the images alone: KL, used latents, collapse."""
