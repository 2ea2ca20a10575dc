"""Files: read without trust in who wrote them, written entirely or not at all."""
