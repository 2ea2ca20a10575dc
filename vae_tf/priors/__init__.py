"""Priors: densities of codes, in the model or fitted to codes after training.

code_mixture.py   ten Gaussians with full covariances, fitted to codes afterwards
code_flow.py      a normalizing flow, fitted to codes afterwards
"""
