"""Small attention code that several tests lint: right and wrong, in NumPy and in PyTorch."""

RIGHT = """import numpy as np


def attention(q, k, v):
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    return weights @ v
"""
WRONG = RIGHT.replace("axis=-1", "axis=-2")

# The softmax runs over the queries.
CAUSAL = """\
import torch
from torch import nn


class CausalSelfAttention(nn.Module):
    def forward(self, q, k, v):
        # q, k, v: [batch, heads, seq, head_dim]
        T = q.size(-2)
        scores = q @ k.transpose(-2, -1) / q.size(-1) ** 0.5
        mask = torch.tril(torch.ones(T, T, dtype=torch.bool))
        scores = scores.masked_fill(~mask, float("-inf"))
        weights = torch.softmax(scores, dim=2)
        return weights @ v
"""
