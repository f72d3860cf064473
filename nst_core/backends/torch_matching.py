"""The search for the nearest cells in PyTorch: see `Backend.nearest`."""

from __future__ import annotations

import torch

from nst_core.backends.base import BEST, GROUPS, Blocks, random_groups

Tensor = torch.Tensor

SCORES = 2.56e8
"""Bytes of the products that a search computes at a time."""


def nearest(query: Blocks, reference: Blocks, *, exhaustive: bool) -> Tensor:
    """(4, n): see `Backend.nearest`."""
    # Products with scaled vectors are cosines times the length of the query's vector, which does not change the order.
    scaled = reference.fine * reference.inverse[..., None]
    parts = query.parts(reference, SCORES, exhaustive=exhaustive)
    if exhaustive:
        return torch.cat([_of_all(part, reference, scaled) for part in parts], 1)
    means = torch.cat([scaled.mean(0), reference.coarse * reference.inverse.mean(0)[:, None]], 1)
    order = torch.from_numpy(random_groups(len(means))).to(scaled.device)
    return torch.cat([_of_best(part, reference, scaled, means[order.flatten()], order) for part in parts], 1)


def _of_all(query: Blocks, reference: Blocks, scaled: Tensor) -> Tensor:
    places, count, size = query.fine.shape
    products = (query.fine.reshape(-1, size) @ scaled.reshape(-1, size).T).reshape(places, count, -1)
    shared = (query.coarse @ reference.coarse.T)[:, None] * reference.inverse
    found: Tensor = products + shared.reshape(count, -1)
    return found.argmax(2)


def _of_best(query: Blocks, reference: Blocks, scaled: Tensor, means: Tensor, order: Tensor) -> Tensor:
    mean = torch.cat([query.fine.mean(0), query.coarse], 1)
    best, in_group = (mean @ means.T).reshape(len(mean), GROUPS, -1).max(2)
    groups = best.topk(BEST, 1).indices
    blocks = order[groups, in_group.gather(1, groups)]  # (n, BEST)
    products = scaled[:, blocks] @ query.fine.permute(1, 2, 0)  # (4 of the reference, n, BEST, 4 of the query)
    shared = reference.coarse[blocks] @ query.coarse[..., None]
    found = products + shared * reference.inverse[:, blocks][..., None]
    index: Tensor = found.permute(3, 1, 0, 2).flatten(2).argmax(2)  # place by place, BEST of each
    return index // BEST * len(reference.coarse) + blocks.gather(1, (index % BEST).T).T
