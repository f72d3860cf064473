"""Smoothing along edges: line integral convolution (Cabral and Leedom, 1993) in the directions of a structure tensor.

Directions are found as by Kyprianidis and Kang, Image and Video Abstraction by Coherence-Enhancing Filtering, 2011.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.files.color_profiles import uncached, vips

GRADIENT_SIGMA, TENSOR_SIGMA = 0.8, 3.0
"""px: standard deviations of the Gaussians that smooth the picture before its gradients, and the tensor of these."""
POSITIONS = np.linspace(-2, 2, 9)
"""Positions on the line that are averaged, in units of sigma."""


@uncached
def smoothed_along_edges(image: Float, sigma: Float) -> Float:
    """(H, W, 3): the image, averaged with a Gaussian on a line along its edges.

    sigma: (H, W), px; where the edges have no common direction it is reduced, down to 0.
    """
    step = _directions(image) * sigma[..., None]
    height, width = sigma.shape
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2)
    weights = np.exp(-(POSITIONS**2) / 2)
    pixels, bilinear = _in_vips(image), vips().Interpolate.new("bilinear")
    total = sum(
        pixels.mapim(_in_vips(grid + position * step), interpolate=bilinear, extend="copy") * weight
        for position, weight in zip(POSITIONS, (weights / weights.sum()).tolist(), strict=True)
    )
    return np.asarray(total.numpy(), np.float32)


def _directions(image: Float) -> Float:
    """(H, W, 2): x and y of vectors along the edges. Length: 1 if all edges around have one direction, 0 if none."""
    down, across = np.gradient(_blurred(image.mean(axis=2), GRADIENT_SIGMA))
    tensor = _blurred(np.stack([across**2, across * down, down**2], axis=2), TENSOR_SIGMA)
    xx, xy, yy = np.moveaxis(tensor, 2, 0)
    angle = np.arctan2(2 * xy, xx - yy) / 2 + np.pi / 2
    coherence = np.hypot(xx - yy, 2 * xy) / (xx + yy + np.finfo(np.float32).tiny)
    directions: Float = np.stack([np.cos(angle), np.sin(angle)], axis=2) * coherence[..., None]
    return directions


def _blurred(values: Float, sigma: float) -> Float:
    found: Float = _in_vips(values).gaussblur(sigma, precision="float", min_ampl=0.01).numpy()
    return found


def _in_vips(values: Float) -> Any:
    return vips().Image.new_from_array(np.ascontiguousarray(values, np.float32))
