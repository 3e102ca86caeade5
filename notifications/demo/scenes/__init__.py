"""What the gallery's pages show: made events that need nothing from outside, the same for the same seed."""
