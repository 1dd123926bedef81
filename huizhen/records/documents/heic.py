"""Photographs of phones (HEIC). Loaded when the first one is opened; Pillow knows the format from then on."""

import pi_heif

FORMAT = "HEIF"

pi_heif.register_heif_opener()
