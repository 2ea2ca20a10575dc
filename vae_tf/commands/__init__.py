"""The commands of the installed package: vae-train, vae-analyze, vae-study, vae-init, vae-publish.

`train.py`, `analyze.py` and `study.py` here are links to the scripts of those names, so that both
are one code. A command reads the params.py of the folder in which it is called, a script the one
that is beside it; `vae-init` writes one to start from. `vae-publish` has no script.
"""
