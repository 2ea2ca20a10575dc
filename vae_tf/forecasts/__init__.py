"""What a linear VAE would do, computed from the images alone: KL, used latents, collapse."""
