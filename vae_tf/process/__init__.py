"""The process: how a script begins and ends, its signals, its memory, its TensorFlow."""
