"""The fields of the model, a module for each of its parts."""
