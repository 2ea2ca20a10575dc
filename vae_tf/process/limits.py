"""Limits: the largest values that are accepted, and which latents are called used and shown."""

LARGEST_COUNT = 2**31 - 1  # of every count, so that it fits into 32 bits
LARGEST_SIDE = 4096  # of an image, in pixels
MOST_CLASSES = 2**16  # of labels that are given
LARGEST_NUMBER = 1e30  # of every other number, within float32

# Nats of KL, on average over images, from which on a latent is called used: in forecasts,
# pictures, tables, verdicts and reports alike. Below, its traversal shows no change.
USED_NATS = 0.1

# Latents of one layer that are drawn and named, the most used first: a map of codes has a thousand.
MOST_SHOWN = 64
