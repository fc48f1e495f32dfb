"""Recursive filters whose coefficients change, without a loop over samples."""

import torch
from torch import Tensor


def first_order_recursion(inputs: Tensor, feedback: Tensor) -> Tensor:
    """`y[n] = inputs[n] + feedback[n] y[n-1]` along the last axis, from silence.

    Args:
        inputs: shape `(..., samples)`.
        feedback: within +-1 for a stable filter, same shape.

    Returns:
        Shape `(..., samples)`, differentiable in both.

    Source: the parallel prefix sum of Hillis and Steele, *Data parallel algorithms* (1986), over pairs of feedback and
    input, as for linear recurrences in Blelloch, *Prefix sums and their applications* (1990), section 1.4.
    """
    total, product = inputs, feedback
    reach = 1
    while reach < inputs.shape[-1]:
        # Each step doubles how many samples back every sample has heard of.
        total = torch.cat([total[..., :reach], total[..., reach:] + product[..., reach:] * total[..., :-reach]], dim=-1)
        product = torch.cat([product[..., :reach], product[..., reach:] * product[..., :-reach]], dim=-1)
        reach *= 2
    return total
