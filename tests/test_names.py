"""What names say, and that other names say nothing."""

import pytest

from attnlint.names import is_cache_name, is_head_dim, is_weight_name, kind_of, kinds_of, last_part, role_of


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("batch", "B b bs bsz batch batch_size nbatches N_BATCH self.batch_size"),
        ("heads", "h H nh n_head n_heads num_heads self.n_heads config.num_attention_heads n_kv_heads nhead"),
        ("seq", "T t L S seq seq_len seqlen src_len tgt_len q_len block_size max_len context_length n_tokens"),
        ("feature", "d_model C dim hidden_size embed_dim n_embd d_ff channels head_dim d_k d_v hs self._head_dim"),
        ("", "x foo n vocab_size lr epochs eps p dropout mask weights i0 heads_up sequence_of_events"),
    ],
)
def test_what_an_axis_counts_by_its_sizes_name(kind, names):
    assert {name: kind_of(name) for name in names.split()} == dict.fromkeys(names.split(), kind)


def test_the_last_part_of_a_dotted_name_decides():
    assert last_part("self.config.n_heads") == "n_heads"
    assert last_part("self._Head_Dim_") == "head_dim"
    assert kind_of("heads.foo") == ""


def test_an_h_beside_a_w_is_a_height():
    assert kinds_of(["B", "C", "H", "W"])[2] == ""
    assert kinds_of(["B", "T", "H", "D"])[2] == "heads"
    assert kinds_of(["b", "h", "t"])[1] == "heads"


def test_the_width_of_one_head():
    assert all(is_head_dim(name) for name in "head_dim d_k d_v hs dh self.head_dim head_size".split())
    assert not any(is_head_dim(name) for name in "d_model dim C n_heads heads hidden_size".split())


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("q", "q Q query queries xq q_proj W_q Wq self.W_q to_q toQ query_layer queryLayer query_states q_norm q1"),
        ("k", "k K key keys xk k_proj W_k to_keys k_cache key_states k_rot"),
        ("v", "v V value values xv v_proj W_v value_states attn_v"),
        ("", "x qk qkv kv quick kernel lookup vocab vocabulary mask scores key_value q_and_k monkey"),
    ],
)
def test_roles(role, names):
    assert {name: role_of(name) for name in names.split()} == dict.fromkeys(names.split(), role)


def test_names_of_weights():
    yes = "W w W_q W_o w1 Wq Wqkv U U_a weight in_proj_weight proj_k out_proj kernel"
    assert [name for name in yes.split() if not is_weight_name(name)] == []
    no = "x q scores attn_weights weights words window project embedding out"
    assert [name for name in no.split() if is_weight_name(name)] == []


def test_names_of_caches():
    yes = "cache k_cache self.cache_k kv_cache past past_key_values past_kv K_buf k_hist hist_k keys_store kv_mem"
    assert [name for name in yes.split() if not is_cache_name(name)] == []
    no = "k v keys x pastry forecast_v history memory state_dict cache.size"
    assert [name for name in no.split() if is_cache_name(name)] == []
