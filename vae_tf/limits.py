"""The largest values that are accepted, far above what anybody needs."""

LARGEST_COUNT = 2**31 - 1  # of every count, so that it fits into 32 bits
LARGEST_SIDE = 4096  # of an image, in pixels
LARGEST_NUMBER = 1e30  # of every other number, within float32
