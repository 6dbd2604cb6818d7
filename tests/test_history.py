"""Caches that are records: made once and handed on they keep what they hold, made in each round they do not."""

import pytest

from attnlint.analyse import findings
from attnlint.rule import all_rules
from attnlint.source import make_source

DECODER = """
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax


class KVCache(NamedTuple):
    k: jax.Array
    v: jax.Array

    @classmethod
    def empty(cls, batch, length, dim):
        return cls(jnp.zeros((batch, length, dim)), jnp.zeros((batch, length, dim)))


def decode_step(params, token, pos, cache):
    x = params["emb"][token][:, None]
    q, k, v = x @ params["wq"], x @ params["wk"], x @ params["wv"]
    keys = lax.dynamic_update_slice(cache.k, k, (0, pos, 0))
    values = lax.dynamic_update_slice(cache.v, v, (0, pos, 0))
    seen = jnp.arange(keys.shape[1]) <= pos
    scores = jnp.einsum("bqd,bkd->bqk", q, keys) / jnp.sqrt(q.shape[-1])
    weights = jax.nn.softmax(jnp.where(seen, scores, -1e9), axis=-1)
    return (weights @ values) @ params["emb"].T, KVCache(keys, values)


def sample(params, prompt, steps, dim):
    token = prompt
{before}    for pos in range(steps):
{inside}        logits, cache = decode_step(params, token, pos, cache)
        token = logits[:, -1].argmax(-1)
    return token
"""
MADE = "cache = KVCache.empty(prompt.shape[0], steps, dim)\n"


@pytest.mark.parametrize(("before", "inside", "wrong"), [(MADE, "", set()), ("", MADE, {"cache-loses-history"})])
def test_a_record_holds_what_it_was_made_with(before, inside, wrong):
    before, inside = before and f"    {before}", inside and f"        {inside}"
    source = make_source(DECODER.replace("{before}", before).replace("{inside}", inside))
    assert {each.name for each in findings(source, all_rules()) if each.severity.rank} == wrong
