"""The tables of this module, gathered for Django."""
