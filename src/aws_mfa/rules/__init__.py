"""Pure decisions: values in, values out, the clock an argument; no I/O, no environment."""
