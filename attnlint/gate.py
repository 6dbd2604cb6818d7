"""The first and cheapest question, asked of a file's bytes: can there be attention in it at all?"""

from __future__ import annotations

import re

# A chain of `literal in data` runs at memory speed; one regular expression with these alternatives is ten times
# slower. A word is in the table when a rule can speak about code that has no other word of it; casing is covered by
# leaving the first letter out. Frequent words come first, so that a file that passes does so early.
WORDS: tuple[bytes, ...] = (
    # what attention is called
    b"ttention",
    b"attn",
    b"Attn",
    b"oftmax",
    b"nn.Transformer",
    # how heads and widths are called: a head split or a merge may stand alone in a fragment
    b"heads",
    b"num_head",
    b"head_dim",
    *(before + name for name in (b"n_head", b"d_k", b"d_model") for before in (b" ", b"(", b"[", b"self.")),
    # scores, and what is done to them
    b"scores",
    b"sqrt(d",
    b"K.T",
    b"k.T",
    b"keys.T",
    *(array + b"p.exp(" for array in (b"n", b"x", b"c")),
    b"Q @",
    b"q @",
    b"masked_fill",
    b"tril",
    b"triu",
    b"causal",
    # positions beside embeddings
    b"Embedding",
    b"embeddings, pos",
    b"pos_emb",
    b"pos_enc",
    b"position_emb",
    b"positional_e",
    # keys and values that outlive a step
    b"past_k",
    b"k_cache",
    b"kv_cache",
    b"cache_k",
    b"key_cache",
    b"cached_k",
    b"self.keys",
    b"project_k",
    b"k_proj",
    b"new_token",
    # loops that train a model or let it write, in files of their own
    b"cross_entropy",
    b"CrossEntropy",
    b"generate(",
    b"_mask(",
)


_RUNS = re.compile(rb"__main__|^(?:for |while |\w[\w.]*\()", re.M)


def is_script(data: bytes) -> bool:
    """Whether a file does something when it is run, as one that trains the model of another file does."""
    return _RUNS.search(data) is not None


def may_attend(data: bytes) -> bool:
    """Whether any word of attention code occurs; most files of most projects end here, before libcst is imported."""
    return any(word in data for word in WORDS)
