"""What a person sees of their own results: each with its history, in plain words."""
