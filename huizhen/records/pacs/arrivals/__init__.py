"""Arrivals: images that a hospital's own devices send us by themselves (DICOM C-STORE), until they are in a record."""
