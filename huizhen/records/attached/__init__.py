"""What a case took from a record: its documents and images, read together, as far as the reader may look."""
