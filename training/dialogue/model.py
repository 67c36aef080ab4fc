"""A small causal transformer with a key-value cache, whose ONNX inputs and outputs have the names of other models' exports (Optimum)."""

import io
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn.functional import gelu

WIDTH, LAYERS, HEADS = 144, 4, 6
HEAD_WIDTH = WIDTH // HEADS
# Tokens of a prompt and its answer together.
CONTEXT = 256


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before_attention, self.before_mixing = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attend_in, self.attend_out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.widen, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, hidden: Tensor, past: tuple[Tensor, Tensor] | None, bias: Tensor):
        """`bias` is added to the attention's scores: batch x 1 x new tokens x all tokens."""
        batch, length, _ = hidden.shape
        mixed = self.attend_in(self.before_attention(hidden)).view(batch, length, 3, HEADS, HEAD_WIDTH).permute(2, 0, 3, 1, 4)
        query, key, value = mixed[0], mixed[1], mixed[2]
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        weights = torch.softmax(query @ key.transpose(2, 3) / HEAD_WIDTH**0.5 + bias, -1)
        hidden = hidden + self.attend_out((weights @ value).transpose(1, 2).reshape(batch, length, WIDTH))
        return hidden + self.narrow(gelu(self.widen(self.before_mixing(hidden)))), (key, value)


class Transformer(nn.Module):
    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.last = nn.LayerNorm(WIDTH)
        for embedding in (self.tokens, self.positions):
            nn.init.normal_(embedding.weight, std=0.02)

    def forward(self, tokens: Tensor, positions: Tensor, past: list[Tensor] | None = None, wanted: Tensor | None = None):
        """
        Logits, batch x tokens x vocabulary, and the caches of all layers: batch x heads x tokens x HEAD_WIDTH, keys and values in turn.

        wanted: batch x tokens, true where logits are wanted; they then are wanted x vocabulary.
        """
        hidden = self.tokens(tokens) + self.positions(positions)
        before = past[0].shape[2] if past is not None else 0
        at = torch.arange(before + tokens.shape[1])
        # Tensors, since the exporter would write plain numbers in double precision.
        bias = torch.where(at[None, :] > at[before:, None], torch.tensor(-1e9), torch.tensor(0.0))[None, None]
        present: list[Tensor] = []
        for layer, block in enumerate(self.blocks):
            hidden, cache = block(hidden, None if past is None else (past[2 * layer], past[2 * layer + 1]), bias)
            present.extend(cache)
        if wanted is not None:
            hidden = hidden[wanted]
        return self.last(hidden) @ self.tokens.weight.t(), present


class Exported(nn.Module):
    """Takes the inputs in the order of their names."""

    def __init__(self, network: Transformer) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, position_ids: Tensor, *past: Tensor):
        logits, present = self.network(input_ids, position_ids, list(past))
        return (logits, *present)


def to_onnx(network: Transformer) -> bytes:
    caches = [f"{layer}.{part}" for layer in range(LAYERS) for part in ("key", "value")]
    inputs = ["input_ids", "position_ids", *(f"past_key_values.{name}" for name in caches)]
    outputs = ["logits", *(f"present.{name}" for name in caches)]
    axes = {"input_ids": {0: "batch", 1: "new"}, "position_ids": {0: "batch", 1: "new"}}
    axes["logits"] = {0: "batch", 1: "new"}
    for name in caches:
        axes[f"past_key_values.{name}"] = {0: "batch", 2: "past"}
        axes[f"present.{name}"] = {0: "batch", 2: "all"}
    tokens = torch.ones(1, 2, dtype=torch.int64)
    past = [torch.zeros(1, HEADS, 3, HEAD_WIDTH) for _ in caches]
    example = (tokens, torch.tensor([[3, 4]]), *past)
    out = io.BytesIO()
    names = {"input_names": inputs, "output_names": outputs, "dynamic_axes": axes}
    # Folding would write the embedding a second time, transposed. The runtime folds as it loads the model.
    torch.onnx.export(Exported(network).eval(), example, out, opset_version=14, do_constant_folding=False, **names)
    model = halved(onnx.load_from_string(out.getvalue()))
    model.ir_version = 8
    model.graph.name = "p2c2r-dialogue"
    onnx.checker.check_model(model)
    return model.SerializeToString()


def weights_of(path: Path) -> dict[str, Tensor]:
    """The weights of an exported model, by their names in a Transformer."""
    initializers = onnx.load(str(path)).graph.initializer
    name_of = lambda name: name.removesuffix(".half").removeprefix("network.")
    return {name_of(weights.name): torch.from_numpy(numpy_helper.to_array(weights).astype(np.float32)) for weights in initializers}


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Keeps the weights as float16, and computes in float32: the runtime widens them once, as it loads the model."""
    casts = []
    for weights in model.graph.initializer:
        if weights.data_type != TensorProto.FLOAT or len(weights.dims) < 2:
            continue
        name = weights.name
        weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights).astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model
