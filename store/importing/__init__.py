"""Files from other systems, one module per format."""
