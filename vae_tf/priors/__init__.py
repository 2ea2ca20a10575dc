"""Priors: densities of codes, learned with the model or fitted to codes after training.

texts.py          reads the text of `Params.prior`
making.py         makes the prior of a model from this text
learned.py        interface of priors that are learned with the model
flow.py, mixture.py, vamp.py   priors with this interface
pixel_cnn.py      prior of maps of codes
code_mixture.py   ten Gaussians with full covariances, fitted to codes after training
code_flow.py, flow_matching.py   flows, fitted to codes after training
checks.py         checks codes before a density is fitted to them
"""
