"""What a linear VAE would do, told from the images alone: KL, used latents, collapse."""
