"""
Trains the dialogue model on the text of `grammar.py` and writes it with its tokenizer.

    OMP_NUM_THREADS=1 nice -n 19 python3 train.py --models ../../web/public/models --vectors ../../web/compute/dialogue/test-vectors
"""

import argparse
import hashlib
import json
import math
import random
import sys
import time
from pathlib import Path

import torch
from torch import nn

import bpe
from grammar import conversation, rendered
from model import CONTEXT, Transformer, to_onnx, weights_of

sys.path.append(str(Path(__file__).parent.parent))
from manifest import file_entry, replace_entries

SEED = 22
VOCABULARY = 1_024
CONVERSATIONS, VALIDATION = 40_000, 256
BATCH, STEPS = 16, 1_800
PEAK_RATE, WARM_UP_STEPS = 3e-3, 60
NOTHING = -100
# What is said to it now and then, to look at.
LOOK = rendered([("system", "You are Vex, a hot-headed racer. You talk on the radio."), ("user", "Juno overtook you.")]) + "<|im_start|>assistant\n"


def examples(tokenizer: bpe.Tokenizer, count: int, seed: int, validation: bool) -> list[tuple[list[int], list[bool]]]:
    """Tokens of conversations, and which of them a character says: only those are learned."""
    rng = random.Random(seed)
    made = []
    while len(made) < count:
        tokens: list[int] = []
        said: list[bool] = []
        for role, text in conversation(rng, validation).messages:
            head, body = tokenizer.encode(f"<|im_start|>{role}\n"), tokenizer.encode(f"{text}<|im_end|>")
            end = tokenizer.encode("\n")
            tokens += head + body + end
            said += [False] * len(head) + [role == "assistant"] * len(body) + [False] * len(end)
        if len(tokens) <= CONTEXT:
            made.append((tokens, said))
    return made


def batch_of(chosen: list[tuple[list[int], list[bool]]], rng: random.Random) -> tuple[torch.Tensor, ...]:
    longest = max(len(tokens) for tokens, _ in chosen)
    tokens = torch.zeros(len(chosen), longest, dtype=torch.int64)
    targets = torch.full((len(chosen), longest), NOTHING)
    positions = torch.zeros(len(chosen), longest, dtype=torch.int64)
    for row, (ids, said) in enumerate(chosen):
        tokens[row, : len(ids)] = torch.tensor(ids)
        wanted = [token if is_said else NOTHING for token, is_said in zip(ids[1:], said[1:])]
        targets[row, : len(wanted)] = torch.tensor(wanted)
        # Now and then later in the context, so that every position is learned.
        start = rng.randint(0, CONTEXT - longest) if rng.random() < 0.3 else 0
        positions[row] = torch.arange(start, start + longest)
    return tokens, positions, targets


def loss_of(network: Transformer, tokens: torch.Tensor, positions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    wanted = targets != NOTHING
    logits, _ = network(tokens, positions, wanted=wanted)
    return nn.functional.cross_entropy(logits, targets[wanted])


@torch.no_grad()
def validated(network: Transformer, held_out: list) -> float:
    """Loss per token of held-out replies, nats."""
    network.eval()
    losses = [loss_of(network, *batch_of(held_out[at : at + BATCH], random.Random(0))).item() for at in range(0, len(held_out), BATCH)]
    network.train()
    return sum(losses) / len(losses)


@torch.no_grad()
def said(network: Transformer, tokenizer: bpe.Tokenizer, prompt: str, most: int = 40) -> str:
    """The likeliest answer."""
    tokens = tokenizer.encode(prompt)
    answer: list[int] = []
    for _ in range(most):
        all_tokens = torch.tensor([tokens + answer])
        logits, _ = network(all_tokens, torch.arange(all_tokens.shape[1])[None])
        token = int(logits[0, -1].argmax())
        if token == tokenizer.vocabulary["<|im_end|>"]:
            break
        answer.append(token)
    return tokenizer.decode(answer)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--begin", type=Path, help="a model of an earlier run, to train on")
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    rng = random.Random(SEED)
    tokenizer = bpe.train([rendered(conversation(rng).messages) for _ in range(4_000)], VOCABULARY)
    # Sorted by length, so that those of a batch are about equally long.
    training = sorted(examples(tokenizer, CONVERSATIONS, SEED + 1, False), key=lambda example: len(example[0]))
    held_out = examples(tokenizer, VALIDATION, SEED + 2, True)
    network = Transformer(len(tokenizer.vocabulary))
    if options.begin:
        network.load_state_dict(weights_of(options.begin))
    parameters = sum(weights.numel() for weights in network.parameters())
    optimiser = torch.optim.AdamW(network.parameters(), PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    print(f"{len(tokenizer.vocabulary)} tokens, {parameters} parameters, {time.process_time():.0f} s", flush=True)
    for step in range(options.steps):
        rate = PEAK_RATE * min(1, (step + 1) / WARM_UP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * step / options.steps))
        for group in optimiser.param_groups:
            group["lr"] = rate
        at = rng.randrange(len(training) - BATCH)
        loss = loss_of(network, *batch_of(training[at : at + BATCH], rng))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if (step + 1) % 100 == 0:
            figures = f"loss {loss.item():.3f}, held out {validated(network, held_out):.3f}, {time.process_time():.0f} s"
            print(f"step {step + 1}: {figures}: {said(network, tokenizer, LOOK)}", flush=True)
    network.eval()
    figures = {"heldOutLossNats": round(validated(network, held_out), 3)}
    write(options, network, tokenizer, figures)


def rounded(network: Transformer) -> Transformer:
    """The network with its weights as the file has them."""
    for weights in network.parameters():
        if weights.dim() > 1:
            weights.data = weights.data.half().float()
    return network.eval()


def vectors(network: Transformer, tokenizer: bpe.Tokenizer) -> dict:
    """Likeliest answers, and tokens of texts, for comparison with the browser's code."""
    rng = random.Random(SEED + 3)
    answers = []
    for _ in range(20):
        messages = [message for message in conversation(rng, True).messages if "brackets" not in message[1]]
        if not messages or messages[0][0] != "system":
            continue
        script = messages[:2]
        answers.append({"messages": script, "answer": said(network, tokenizer, rendered(script) + "<|im_start|>assistant\n")})
    texts = ["You are Vex, a hot-headed racer.", "  two spaces,\n\nlines", "I'm 42 years old; isn't it great?", "caf\u00e9 \U0001f600", ""]
    return {"answers": answers, "tokens": [{"text": text, "ids": tokenizer.encode(text)} for text in texts]}


def write(options: argparse.Namespace, network: Transformer, tokenizer: bpe.Tokenizer, figures: dict[str, float]) -> None:
    data = to_onnx(network)
    text = json.dumps(tokenizer.to_json(), ensure_ascii=False, separators=(",", ":")).encode()
    entry = {
        "name": "radio",
        "version": hashlib.sha256(data).hexdigest()[:8],
        "task": "dialogue",
        "licence": "MIT",
        "parameters": sum(weights.numel() for weights in network.parameters()),
        "contextTokens": CONTEXT,
        "figures": {"model": figures},
        "files": {
            "onnx": file_entry(options.models, "radio.onnx", data),
            "tokenizer": file_entry(options.models, "radio.tokenizer.json", text),
        },
    }
    replace_entries(options.models, "dialogue", [entry])
    options.vectors.mkdir(parents=True, exist_ok=True)
    (options.vectors / "radio.json").write_text(json.dumps(vectors(rounded(network), tokenizer), indent=2) + "\n")


if __name__ == "__main__":
    main()
