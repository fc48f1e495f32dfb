"""What hands blocks of examples to workers: processes of this machine, or a Ray cluster."""
