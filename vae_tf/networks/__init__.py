"""Networks from layer specs: encoders, decoders and their heads."""
