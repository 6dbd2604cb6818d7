"""What TensorFlow and Keras spell has the shapes that they document, and means the ops that they document."""

import pytest

from attnlint import frameworks
from attnlint.index import index
from attnlint.interpret.entries import trace_file
from attnlint.interpret.layer_rewrites import REWRITES
from attnlint.ops import OPS
from attnlint.tensor import Tensor, show_shape
from attnlint.values import Size

HEAD = """
import keras
import tensorflow as tf
from keras import backend as K
from keras import layers, ops

a = tf.zeros((2, 5, 6))
b = tf.zeros((2, 7, 6))
h = tf.zeros((2, 4, 5, 3))
x = keras.Input(shape=(5, 6))
"""


def known(code):
    """The ops of a script, and the shape of what it calls `y`."""
    trace = trace_file(index(HEAD + code + "\n"))[0]
    value = [binding.value for binding in trace.bindings if binding.name == "y"][-1]
    assert isinstance(value, Tensor), value
    return trace, show_shape(value.shape)


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        ("y = tf.matmul(a, b, transpose_b=True)", "[2 5 7]"),
        ("y = tf.matmul(a, tf.zeros((2, 5, 8)), transpose_a=True)", "[2 6 8]"),
        ("y = tf.linalg.matmul(h, h, adjoint_b=True)", "[2 4 5 5]"),
        ("y = tf.transpose(h, [0, 2, 1, 3])", "[2 5 4 3]"),
        ("y = tf.transpose(a)", "[6 5 2]"),
        ("y = tf.nn.softmax(a)", "[2 5 6]"),
        ("y = tf.reduce_sum(a, axis=1)", "[2 6]"),
        ("y = tf.reduce_mean(a, [1, 2], keepdims=True)", "[2 1 1]"),
        ("y = tf.concat([a, b], 1)", "[2 12 6]"),
        ("y = tf.stack([a, a], axis=-1)", "[2 5 6 2]"),
        ("y = tf.split(a, 3, axis=-1)[0]", "[2 5 2]"),
        ("y = tf.split(a, [1, 4], axis=1)[1]", "[2 4 6]"),
        ("y = tf.unstack(a, axis=1)[0]", "[2 6]"),
        ("n, t, c = tf.unstack(tf.shape(a))\ny = tf.reshape(a, (n, t, 2, c // 2))", "[n t 2 3]"),
        ("y = tf.reshape(a, tf.concat([tf.shape(a)[:-1], [2, 3]], 0))", "[2 5 2 3]"),
        ("y = tf.ones(tf.shape(a)[1])", "[5]"),
        ("y = tf.zeros(a.shape.as_list())", "[2 5 6]"),
        ("y = tf.gather(a, [0, 1, 2], axis=1)", "[2 ? 6]"),
        ("y = tf.expand_dims(a, 1)", "[2 1 5 6]"),
        ("y = a[:, tf.newaxis, :, :]", "[2 1 5 6]"),
        ("y = tf.linalg.band_part(tf.ones((5, 5)), -1, 0)", "[5 5]"),
        ("y = tf.sequence_mask(tf.zeros((2,)), 9)", "[2 9]"),
        ("y = tf.range(0, 9, 2)", "[5]"),
        ("y = tf.einsum('bqd,bkd->bqk', a, b)", "[2 5 7]"),
        ("y = tf.tile(a, [1, 2, 1])", "[2 10 6]"),
        ("y = K.batch_dot(a, b, axes=[2, 2])", "[2 5 7]"),
        ("y = K.batch_dot(a, b, axes=2)", "[2 5 7]"),
        ("y = K.batch_dot(a, K.permute_dimensions(b, (0, 2, 1)))", "[2 5 7]"),
        ("y = K.dot(a, tf.zeros((6, 9)))", "[2 5 9]"),
        ("y = K.expand_dims(a)", "[2 5 6 1]"),
        ("y = K.concatenate([a, a])", "[2 5 12]"),
        ("y = K.repeat(tf.zeros((2, 6)), 4)", "[2 4 6]"),
        ("y = ops.transpose(h, (0, 1, 3, 2))", "[2 4 3 5]"),
        ("y = ops.concatenate([a, b], axis=1)", "[2 12 6]"),
        ("y = ops.split(a, 2, axis=-1)[0]", "[2 5 3]"),
        ("y = ops.broadcast_to(ops.ones((6,)), ops.shape(a))", "[2 5 6]"),
        ("y = ops.dot_product_attention(h, h, tf.zeros((2, 4, 5, 8)))", "[2 4 5 8]"),
        ("y = tf.tensordot(a, tf.zeros((6, 9)), axes=(-1, 0))", "[2 5 9]"),
        ("y = tf.tensordot(a, tf.zeros((6, 9)), axes=[[2], [0]])", "[2 5 9]"),
        ("y = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * 2.0), (0, a))[1]", "[2 5 6]"),
        ("y = tf.cond(tf.reduce_sum(a) > 0, lambda: a, lambda: -a)", "[2 5 6]"),
        ("y = tf.map_fn(lambda t: tf.reduce_sum(t, axis=0), a)", "[2 6]"),
        ("y = tf.vectorized_map(lambda t: tf.transpose(t), a)", "[2 6 5]"),
        ("y = ops.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t + t), (0, a))[1]", "[2 5 6]"),
        ("y = ops.fori_loop(0, 3, lambda i, t: t + 1.0, a)", "[2 5 6]"),
        ("y = ops.cond(True, lambda: a, lambda: b)", "[2 5 6]"),
        ("y = ops.vectorized_map(lambda t: ops.sum(t, axis=-1), a)", "[2 5]"),
        ("y = ops.scan(lambda c, t: (c + t, t), tf.zeros((5, 6)), a)[0]", "[5 6]"),
        ("y = ops.tri(5)", "[5 5]"),
        ("y = ops.average(a, axis=1)", "[2 6]"),
        ("y = ops.append(a, b, axis=1)", "[2 12 6]"),
        ("y = ops.rms_normalization(a)", "[2 5 6]"),
        ("y = layers.Rescaling(0.5)(x)", "[batch 5 6]"),
        ("y = layers.Rescaling(0.5, offset=1.0)(x)", "[batch 5 6]"),
        ("y = layers.ActivityRegularization(0.1)(x)", "[batch 5 6]"),
        ("y = layers.Dense(9)(x)", "[batch 5 9]"),
        ("y = layers.EinsumDense('abc,cde->abde', output_shape=(None, 4, 8))(x)", "[batch 5 4 8]"),
        ("y = layers.EinsumDense('...c,cd->...d', output_shape=9)(x)", "[batch 5 9]"),
        ("y = layers.Permute((2, 1))(x)", "[batch 6 5]"),
        ("y = layers.Reshape((5, 2, 3))(x)", "[batch 5 2 3]"),
        ("y = layers.Flatten()(x)", "[batch (5 6)]"),
        ("y = layers.Dot(axes=[2, 2])([a, b])", "[2 5 7]"),
        ("y = layers.Dot(axes=(2, 1))([a, tf.zeros((2, 6, 8))])", "[2 5 8]"),
        ("y = layers.Add()([x, x, x])", "[batch 5 6]"),
        ("y = layers.concatenate([x, x])", "[batch 5 12]"),
        ("y = layers.RepeatVector(3)(tf.zeros((2, 6)))", "[2 3 6]"),
        ("y = layers.Lambda(lambda t: K.sum(t, axis=1))(x)", "[batch 6]"),
        ("y = layers.TimeDistributed(layers.Dense(9))(x)", "[batch 5 9]"),
        ("y = layers.LSTM(9)(x)", "[batch 9]"),
        ("y = layers.LSTM(9, return_sequences=True)(x)", "[batch 5 9]"),
        ("s, y, c = layers.LSTM(9, return_sequences=True, return_state=True)(x)", "[batch 9]"),
        ("y = layers.Bidirectional(layers.GRU(9, return_sequences=True))(x)", "[batch 5 18]"),
        ("y = layers.Conv1D(9, 3, padding='same')(x)", "[batch 5 9]"),
        ("y = layers.Conv1D(9, 3)(x)", "[batch 3 9]"),
        ("y = layers.GlobalAveragePooling1D()(x)", "[batch 6]"),
        ("y = layers.Softmax(axis=1)(x)", "[batch 5 6]"),
        ("y = layers.MultiHeadAttention(2, 3)(x, b)", "[batch 5 6]"),
        ("y, w = layers.MultiHeadAttention(2, 3)(a, b, return_attention_scores=True)", "[2 5 6]"),
        ("w, y = layers.MultiHeadAttention(2, 3)(a, b, return_attention_scores=True)", "[2 heads 5 7]"),
        ("y = layers.Attention()([a, b])", "[2 5 6]"),
        ("y = keras.Sequential([keras.Input((5, 6)), layers.Dense(4), layers.Dropout(0.1)])(x)", "[batch 5 4]"),
        ("m = keras.Sequential()\nm.add(layers.Dense(4))\ny = m(x)", "[batch 5 4]"),
    ],
)
def test_shapes_are_those_that_the_documentation_gives(code, shape):
    assert known(code)[1] == shape


@pytest.mark.parametrize(
    ("code", "op"),
    [
        ("y = 1 - tf.linalg.band_part(tf.ones((5, 5)), -1, 0)", "tril"),
        ("y = tf.linalg.band_part(tf.ones((5, 5)), 0, -1)", "triu"),
        ("y = tf.compat.v1.matrix_band_part(tf.ones((5, 5)), -1, 0)", "tril"),
        ("y = tf.linalg.LinearOperatorLowerTriangular(tf.ones((5, 5))).to_dense()", "tril"),
        ("y = tf.keras.activations.softmax(a)", "softmax"),
        ("y = layers.Activation('softmax')(x)", "softmax"),
        ("y = layers.Activation(tf.nn.softmax)(x)", "softmax"),
        ("y = layers.Softmax()(x, mask=tf.ones((5, 6)))", "masked_fill"),
        ("y = tf.keras.layers.MultiHeadAttention(2, 3)(a, a)", "mha"),
    ],
)
def test_calls_are_the_ops_that_rules_ask_for(code, op):
    assert op in {call.name for call in known(code)[0].ops}


def test_a_cast_number_stays_a_number():
    trace, _ = known("y = tf.matmul(a, b, transpose_b=True) / tf.math.sqrt(tf.cast(tf.shape(a)[-1], tf.float32))")
    assert trace.sites == []
    assert isinstance(trace.ops[-1].args["b"], Size)


def test_keys_and_values_come_in_the_order_that_keras_has():
    trace, _ = known("y = layers.MultiHeadAttention(2, 3)(a, b, a)")
    call = trace.ops[-1]
    assert call.tensor("k") is call.tensor("q")
    assert call.tensor("v") is not call.tensor("q")


@pytest.mark.parametrize("library", ["tensorflow", "keras"])
def test_every_spelling_is_of_an_op_or_a_rewrite(library):
    tables = {**frameworks._functions(library), **frameworks._layers(library), **frameworks._methods(library)}
    assert {name: one.op for name, one in tables.items() if one.op not in {**OPS, **REWRITES}} == {}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("tensorflow.keras.layers.Dense", "keras.layers.Dense"),
        ("tensorflow.compat.v1.keras.layers.Dense", "keras.layers.Dense"),
        ("tf_keras.layers.Dense", "keras.layers.Dense"),
        ("keras.src.layers.core.dense.Dense", "keras.layers.Dense"),
        ("keras.ops.nn.softmax", "keras.ops.softmax"),
        ("tensorflow.nn.softmax", "tensorflow.softmax"),
        ("tensorflow.compat.v1.nn.softmax", "tensorflow.softmax"),
        ("torch.nn.Linear", "torch.nn.Linear"),
    ],
)
def test_names_of_one_thing_lead_to_one_spelling(written, name):
    assert frameworks.resolved(written) == name
