"""Build time only: turns published VGG19 weights into nst_core's weights file, and writes the ONNX graphs over it."""
