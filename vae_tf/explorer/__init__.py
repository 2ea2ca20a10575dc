"""The explorer: a trained model in one page that a reader plays with.

`page` writes and reads pages without TensorFlow, `content` needs the model.
"""
