"""The main job on real input: complaints in by mail, signed service forms out."""
