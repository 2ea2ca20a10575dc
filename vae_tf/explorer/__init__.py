"""The explorer: a trained model on one interactive page.

`page` writes and reads pages without TensorFlow. `analysis.explorer_content` needs the model.
"""
