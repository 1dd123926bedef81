"""The meeting of a consultation: a time that suits everybody, chosen from three, reminded of, moved with a reason."""
