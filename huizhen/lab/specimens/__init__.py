"""Who gave which specimen, in which tube, and where the tube is now."""
