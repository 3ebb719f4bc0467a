"""Reading networks of others: torch modules and ONNX files into a `slth.networks.Network`."""
