"""The commands of the installed package: vae-train, vae-analyze, vae-study, vae-init, vae-publish.

`train.py`, `analyze.py` and `study.py` in this folder are links to the scripts with these names. A
command reads params.py from the working folder. A script reads params.py from its own folder.
`vae-init` writes a first params.py. `vae-publish` has no script.
"""
