"""Smoothing along edges: line integral convolution (Cabral and Leedom, 1993) in the directions of a structure tensor.

Directions are found as by Kyprianidis and Kang, Image and Video Abstraction by Coherence-Enhancing Filtering, 2011.

In numpy, because libvips ends the process where memory is full.
"""

from __future__ import annotations

import math

import numpy as np

from nst_core.imaging.arrays import Float
from nst_core.imaging.resizing import strips

GRADIENT_SIGMA, TENSOR_SIGMA = 0.8, 3.0
"""px: standard deviations of the Gaussians that smooth the picture before its gradients, and the tensor of these."""
POSITIONS = np.linspace(-2, 2, 9)
"""Positions on the line that are averaged, in units of sigma."""


def smoothed_along_edges(image: Float, sigma: Float) -> Float:
    """(H, W, 3): the image, averaged with a Gaussian on a line along its edges.

    sigma: (H, W), px; where the edges have no common direction it is reduced, down to 0.
    """
    step = _directions(image) * sigma[..., None]
    weights = np.exp(-(POSITIONS**2) / 2)
    found = np.zeros_like(image)
    for rows in strips(*sigma.shape):
        y, x = np.mgrid[rows, : sigma.shape[1]].astype(np.float32)
        for position, weight in zip(POSITIONS.tolist(), (weights / weights.sum()).tolist(), strict=True):
            found[rows] += weight * _sampled(image, y + position * step[rows, :, 1], x + position * step[rows, :, 0])
    return found


def _sampled(image: Float, y: Float, x: Float) -> Float:
    """(h, w, 3): the image at positions (h, w), bilinear; beyond its borders their pixels."""
    height, width = image.shape[:2]
    y, x = y.clip(0, height - 1), x.clip(0, width - 1)
    top, left = (np.minimum(place.astype(np.int64), last) for place, last in ((y, height - 2), (x, width - 2)))
    below, right = ((place - first).astype(np.float32)[..., None] for place, first in ((y, top), (x, left)))
    pixels, corner = image.reshape(-1, 3), top * width + left
    upper = pixels[corner] * (1 - right) + pixels[corner + 1] * right
    lower = pixels[corner + width] * (1 - right) + pixels[corner + width + 1] * right
    sampled: Float = upper * (1 - below) + lower * below
    return sampled


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
    """(H, W) or (H, W, C): convolved with a Gaussian; beyond the borders their values."""
    reach = math.ceil(3 * sigma)
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    for axis, side in enumerate(values.shape[:2]):
        padded = np.pad(values, [(reach, reach) if axis == n else (0, 0) for n in range(values.ndim)], mode="edge")
        values = np.zeros_like(values)
        for first, weight in enumerate((weights / weights.sum()).tolist()):
            values += weight * padded.take(range(first, first + side), axis)
    return values
