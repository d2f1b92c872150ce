"""Controls in which something is planted, and must be found."""
