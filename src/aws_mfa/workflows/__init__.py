"""What the tool does, step by step; never names an adapter."""
