"""Widgets of the guided notebooks; what they show is in the notebook's outputs as well."""
