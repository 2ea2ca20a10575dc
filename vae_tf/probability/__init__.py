"""Densities: `distributions` of codes, `likelihoods` of images, `divergences` of batches."""
