"""Text that users write, read without being evaluated, and text that they are shown."""
