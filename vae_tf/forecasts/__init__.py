"""Forecasts before training, from the images alone: KL, used latents, collapse."""
