"""Priors: densities of codes, learned with the model or fitted to codes after training.

texts.py          a prior as `Params.prior` has it
learned.py        what a prior that is learned with the model can be asked for
flow.py, mixture.py, vamp.py   one each
code_mixture.py   ten Gaussians with full covariances, fitted to codes afterwards
code_flow.py, flow_matching.py   flows, fitted to codes afterwards
checks.py         the check of codes for that
"""
