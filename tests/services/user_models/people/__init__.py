"""The user models of these projects, one of which is in use in each."""
