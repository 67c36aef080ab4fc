"""
The text that the dialogue model learns from: conversations of characters, made of parts that we wrote.

A reply is an opening in the character's temper, a body that answers what was said, and sometimes a closing. Each combination of an opening,
a body and a closing belongs either to training or to validation, so validation text consists of known parts in unknown combinations.
"""

import random
import re
import zlib
from dataclasses import dataclass

from lines import BODIES, CLOSINGS, GOODS, NAMES, OPENINGS, PLACES, QUESTIONS, ROLES, SECRETS, TEMPERS

# One combination in this many is kept for validation.
VALIDATION_EVERY = 10
MAX_TURNS = 3
SHARE_WITH_EMOTION = 0.6
SHARE_WITHOUT_PERSONA = 0.08


@dataclass
class Conversation:
    """Messages, each a role and a text, from the persona to the last reply."""

    messages: list[tuple[str, str]]


def is_for_validation(*parts: str) -> bool:
    return zlib.crc32("|".join(parts).encode()) % VALIDATION_EVERY == 0


def facts(rng: random.Random) -> dict[str, str]:
    """What stays the same through one conversation."""
    good, other = rng.sample(GOODS, 2)
    return {
        "you": rng.choice(NAMES),
        "who": rng.choice(["the player", *NAMES]),
        "good": good,
        "other": other,
        "price": str(rng.choice([3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40])),
        "place": rng.choice(PLACES),
        "secret": rng.choice(SECRETS),
        "position": rng.choice(["first", "second", "third", "fourth", "last"]),
        "lap": str(rng.randint(1, 9)),
    }


def reply(rng: random.Random, temper: str, intent: str, known: dict[str, str], validation: bool) -> str:
    while True:
        opening = rng.choice(OPENINGS[temper]) if rng.random() < 0.7 else ""
        body = rng.choice(BODIES[intent])
        closing = rng.choice(CLOSINGS[temper]) if rng.random() < 0.4 else ""
        if is_for_validation(opening, body, closing) == validation:
            return " ".join(filled(part, known) for part in (opening, body, closing) if part)


def filled(text: str, known: dict[str, str]) -> str:
    """With the facts, each sentence beginning with a capital letter."""
    return re.sub(r"(^|[.!?] )([a-z])", lambda found: found[1] + found[2].upper(), text.format(**known))


def emotion_of(rng: random.Random, temper: str, intent: str) -> str:
    """What happened moves more than the temper, where it is one of the things that move."""
    of_intent = {
        "overtaken": "angry",
        "overtook": "proud",
        "hit": "worried",
        "touched": "angry",
        "lead": "happy",
        "last": "sad",
        "bye": "calm",
        "joke": "amused",
    }
    return of_intent.get(intent, TEMPERS[temper]) if rng.random() < 0.8 else TEMPERS[temper]


def emotion_sentence(emotions: list[str]) -> str:
    """As the engine says it: `web/compute/dialogue/prompt.ts`."""
    return f"After your answer, name your mood in brackets: {', '.join(emotions)}."


def conversation(rng: random.Random, validation: bool = False) -> Conversation:
    role = rng.choice(list(ROLES))
    temper = rng.choice(list(TEMPERS))
    known = facts(rng)
    has_emotion = rng.random() < SHARE_WITH_EMOTION
    every_emotion = sorted({*TEMPERS.values(), "amused", "sad"})
    offered = rng.sample(every_emotion, rng.randint(3, len(every_emotion)))
    persona = filled(rng.choice(ROLES[role]["personas"]), {"temper": temper, **known})
    if rng.random() < SHARE_WITHOUT_PERSONA:
        persona = ""
    if has_emotion:
        persona = f"{persona} {emotion_sentence(offered)}".strip()
    messages = [("system", persona)] if persona else []
    intents = rng.sample(ROLES[role]["intents"], rng.randint(1, MAX_TURNS))
    for intent in intents:
        messages.append(("user", filled(rng.choice(QUESTIONS[intent]), known)))
        answer = reply(rng, temper, intent, known, validation)
        if has_emotion:
            emotion = emotion_of(rng, temper, intent)
            answer = f"{answer} [{emotion if emotion in offered else rng.choice(offered)}]"
        messages.append(("assistant", answer))
    return Conversation(messages)


def rendered(messages: list[tuple[str, str]]) -> str:
    """ChatML, as SmolLM2 and Qwen have it, so that one engine serves all."""
    return "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in messages)
