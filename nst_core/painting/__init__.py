"""One job from picture to painted picture."""
