"""Inference without the encoder: codes and posteriors by gradient descent through the decoder.

inversion.py   codes of images          gap.py           what the encoder's posteriors lose
descent.py     Adam, row by row         imputation.py    missing values
                                        run_methods.py   all of it as methods of a run
"""
