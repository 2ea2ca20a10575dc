"""Files: read without trust in who wrote them, written wholly or not at all."""
