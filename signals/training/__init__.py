"""Training a model: settings in, a finished run folder out."""
