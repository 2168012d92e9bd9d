"""The local endpoint: sessions for SDKs over the container credentials protocol, on loopback and nowhere else."""
