"""What the names that authors give to sizes say about an axis."""

from __future__ import annotations

import re
from functools import lru_cache

from attnlint.tensor import Kind

_BATCH = (
    "b bs bsz nb batch batch_size batchsize batches n_batch n_batches nbatches num_batches bz sz_b bsize batch_sz mb "
    "mbs nbatch"
)
_HEADS = (
    "h nh hn head heads n_head n_heads num_heads num_head nhead nheads nhd n_kv_heads num_kv_heads n_kv_head kv_heads "
    "num_attention_heads num_key_value_heads n_local_heads n_local_kv_heads attention_heads attn_heads n_rep_heads "
    "q_heads n_q_heads num_q_heads num_query_heads n_query_heads groups_heads head_num heads_num att_head_num "
    "attn_head_num head_count n_attn_heads num_attn_heads n_attention_heads"
)
_SEQ = (
    "t s l i j tq tk ts seq seq_len seqlen seq_length sequence_length length len q_len k_len kv_len src_len tgt_len "
    "q_length k_length kv_length query_len key_len value_len query_length key_length lq lk lv tgt src "
    "n_tokens num_tokens tokens n_words num_words words n_token n_queries n_keys num_queries num_keys n_seq n_cells "
    "block_size max_len max_length max_seq_len max_seq_length maxlen context_length "
    "context_len ctx_len n_ctx ctx window window_size seq_q seq_k len_q len_k len_v n_q n_k nq nk sq sk t_q t_k "
    "s_q s_k time src_seq_len tgt_seq_len target_len source_len max_position_embeddings timesteps steps positions q k"
)
_HEAD_DIM = (
    "d_k d_v dk dv d_q dq hs hd dh d_h d_head dhead dim_head head_dim head_size headdim head_dims head_depth depth"
)
_FEATURE = (
    "d c e f dm d_model dmodel d_emb dim hidden hidden_size hidden_dim embed embed_dim embed_size emb emb_dim emb_size "
    "embedding_dim embedding_size embedding_dims n_embd n_embed features channels in_features out_features model_dim "
    "n_hidden d_ff dff d_in d_out input_dim output_dim in_dim out_dim inner_dim qk_dim v_dim kdim vdim n_state d_inner"
)


def _table() -> dict[str, Kind]:
    table: dict[str, Kind] = {}
    groups: tuple[tuple[Kind, str], ...] = (
        ("batch", _BATCH),
        ("heads", _HEADS),
        ("seq", _SEQ),
        ("feature", _HEAD_DIM),
        ("feature", _FEATURE),
    )
    for kind, names in groups:
        table.update(dict.fromkeys(names.split(), kind))
    return table


_KINDS = _table()
_HEAD_DIM_NAMES = frozenset(_HEAD_DIM.split())


def last_part(name: str) -> str:
    """The name itself, of `self.config.n_heads` `n_heads`; in small letters, without underscores around it."""
    return name.rpartition(".")[2].strip("_").lower()


def kind_of(name: str) -> Kind:
    """What an axis counts whose size has this name; nothing where the name does not tell."""
    return _KINDS.get(last_part(name), "")


_WIDTHS = frozenset({"w", "ww", "width", "iw", "w0", "w1", "y", "x"})


def kinds_of(names: list[str]) -> list[Kind]:
    """What the axes of one tensor count, by all their names.

    An `h` beside a `w` is a height and no heads. An `n` counts what its place says: tokens in front of features, and
    entries of a batch in front of an axis of tokens.
    """
    is_image = any(last_part(name) in _WIDTHS for name in names)
    kinds = ["" if is_image and last_part(name) in {"h", "hh"} else kind_of(name) for name in names]
    counts = [place for place, name in enumerate(names) if last_part(name) in {"n", "m"} and not kinds[place]]
    for place in counts:
        behind = kinds[place + 1 :]
        if not is_image and (behind == ["feature"] or (not behind and kinds[:place] == ["batch"])):
            kinds[place] = "seq"
        elif place == 0 and "seq" in kinds:
            kinds[place] = "batch"
    return kinds


def is_head_dim(name: str) -> bool:
    """Whether the name says that it is the width of one head."""
    return last_part(name) in _HEAD_DIM_NAMES


_ROLES = {
    "q": "q qs qh xq wq lq ql qry query queries querys wqs qproj toq qx q1 q2 qt",
    "k": "k ks kh xk wk lk kl key keys wks kproj tok kx k1 k2 kt kmem",
    "v": "v vs vh xv wv lv vl val vals value values wvs vproj tov vx v1 v2",
}
_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words.split()}
_TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def role_of(name: str) -> str:
    """`q`, `k` or `v` where a name says that it is one of these or makes it; empty where it says none or several."""
    words = [word.lower() for word in _TOKENS.findall(name)]
    found = {_ROLE_OF[word] for word in words if word in _ROLE_OF}
    return found.pop() if len(found) == 1 else ""


_WEIGHT = re.compile(
    r"^[wW](?:_?(?:qkv|kv|out|in|[qkvoihuaxyQKVO])?s?_?\d*)$|^[wW]_\w+$|weight(?!s)|(?:^|_)proj(?:ection)?(?:_|$)|kernel|^U$|^U_\w$"
)


@lru_cache(maxsize=4096)
def is_weight_name(name: str) -> bool:
    """Whether a name is one that people give to a matrix of weights, as `W_q`, `w1` or `proj_k`."""
    return _WEIGHT.search(name) is not None


_TREE = re.compile(r"^(?:\w*_)?(?:params?|parameters|theta|variables)$|^(?:p|lp|bp|wts|weights)$")


def is_tree_name(name: str) -> bool:
    """Whether a name is one that people give to a dict or tree of all the weights of a model or layer."""
    return _TREE.search(name) is not None


_CACHE = re.compile(
    r"cache|(?:^|_)past(?:_|s?$)|past_?key|(?:^|_)(?:k|v|kv|keys?|values?)_?(?:hist\w*|store|buf\w*|mem\w*)$|(?:^|_)hist\w*_(?:k|v)",
    re.I,
)


@lru_cache(maxsize=4096)
def is_cache_name(name: str) -> bool:
    """Whether a name is one that people give to the keys and values of earlier tokens."""
    return _CACHE.search(name.rpartition(".")[2]) is not None
