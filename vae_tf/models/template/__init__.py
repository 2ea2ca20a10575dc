"""Shared by all models: a variant is one file in the folder above, and says only what is its own.

generative_model.py   the class: infer, render, minimize
hyperparameters.py    a variant's own settings, declared once
latents.py            latents, layers of them, and which is given which
kl_weight.py          the weight of the KL: a number, a schedule, or held
zero_weight.py        what a weight of 0 asks for
adversarial.py, semi_supervised.py, deterministic.py   families
phases.py             who is optimized by what, in order
trainer_methods.py    what the trainer asks a model, and the update
keras_methods.py      what Keras asks it: compile, fit, save
arrays.py, codes.py   arrays in, arrays out: encode, decode, log-likelihoods
build.py, sizes.py, memory.py, output_bias.py   a model from `Params`
exporting.py          SavedModel and LiteRT
keras_names.py, former.py   names that saved models have
"""
