"""
A byte-level BPE vocabulary (R. Sennrich et al., 2016; bytes as in GPT-2, 2019), trained on the generated text and written as the
`tokenizer.json` that other models' tools read too.
"""

import re
from collections import Counter

SPECIAL = ["<|im_start|>", "<|im_end|>"]
# The cut of GPT-2 in terms that Python's `re` has: the text here is ASCII.
CUT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")


def byte_letters() -> list[str]:
    """A printable character for each byte, as GPT-2's `bytes_to_unicode`."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


LETTERS = byte_letters()


class Tokenizer:
    def __init__(self, vocabulary: dict[str, int], merges: list[tuple[str, str]]):
        self.vocabulary, self.merges = vocabulary, merges
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.known: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        ids: list[int] = []
        for part in re.split(r"(<\|im_start\|>|<\|im_end\|>)", text):
            if part in SPECIAL:
                ids.append(self.vocabulary[part])
            else:
                for word in CUT.findall(part):
                    ids.extend(self.word(word))
        return ids

    def word(self, word: str) -> list[int]:
        if word not in self.known:
            parts = [LETTERS[byte] for byte in word.encode()]
            while len(parts) > 1:
                rank, at = min((self.ranks.get((a, b), len(self.ranks)), at) for at, (a, b) in enumerate(zip(parts, parts[1:])))
                if rank == len(self.ranks):
                    break
                parts[at : at + 2] = [parts[at] + parts[at + 1]]
            self.known[word] = [self.vocabulary[part] for part in parts]
        return self.known[word]

    def decode(self, ids: list[int]) -> str:
        texts = {token: text for text, token in self.vocabulary.items()}
        out = bytearray()
        for token in ids:
            text = texts[token]
            out += text.encode() if text in SPECIAL else bytes(LETTERS.index(letter) for letter in text)
        return out.decode(errors="replace")

    def to_json(self) -> dict:
        added = [
            {"id": self.vocabulary[text], "content": text, "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
            for text in SPECIAL
        ]
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": added,
            "normalizer": None,
            "pre_tokenizer": byte_level,
            "post_processor": None,
            "decoder": byte_level,
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "vocab": self.vocabulary,
                "merges": [" ".join(pair) for pair in self.merges],
            },
        }


def train(texts: list[str], size: int) -> Tokenizer:
    """A vocabulary of at most `size` tokens: the special ones, the bytes, then the most frequent pairs, one after another."""
    counts = Counter(word for text in texts for word in CUT.findall(re.sub(r"<\|im_\w+\|>", "", text)))
    words = {word: [LETTERS[byte] for byte in word.encode()] for word in counts}
    vocabulary = {text: at for at, text in enumerate([*SPECIAL, *LETTERS])}
    merges: list[tuple[str, str]] = []
    while len(vocabulary) < size:
        pairs: Counter = Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        # Ties by the text, so that the vocabulary depends on nothing else.
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        vocabulary.setdefault(best[0] + best[1], len(vocabulary))
        for parts in words.values():
            at = 0
            while at < len(parts) - 1:
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = [parts[at] + parts[at + 1]]
                at += 1
    return Tokenizer(vocabulary, merges)
