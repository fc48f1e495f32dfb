"""Where examples to learn from come from: made on the fly, or read from what the simulator wrote."""
