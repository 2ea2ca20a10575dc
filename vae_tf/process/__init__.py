"""The lowest level: errors, numbers, files, texts, names of models, and how a script runs."""
