import { MeshError } from '../../../shared/errors.ts';
import { drawOf } from './sampling.ts';
import { GrowingAnswer, type Speaker, type SpeechRequest, type Spoken } from './speaker.ts';

/** A line for what is said, by words in it. The first rule that fits is taken. */
const RULES: readonly { heard: RegExp; lines: readonly string[] }[] = [
  {
    heard: /\bovertook you|\bpassed you|\bahead of you/i,
    lines: ['I will have that place back.', 'Enjoy it while it lasts.', 'The race is long.'],
  },
  {
    heard: /\byou (just )?(overtook|passed)/i,
    lines: ['See you in my mirrors.', 'One down. Who is next?', 'Clean pass.'],
  },
  {
    heard: /\bbarrier|\bdamage|\bscrap|\bhit\b/i,
    lines: ['Only a scratch.', 'She shakes, but she holds.', 'I need a cleaner line.'],
  },
  {
    heard: /\btouched|\bbumped|\bcollid/i,
    lines: ['Watch where you fly!', 'There is room for two.', 'Keep your distance.'],
  },
  { heard: /\bfirst\b|\blead\b/i, lines: ['Clear air at last.', 'Try to keep up.', 'The road is mine.'] },
  { heard: /\blast\b/i, lines: ['I am not done yet.', 'From here I can only go forward.'] },
  { heard: /\bpassword|\bsecret/i, lines: ['I keep that to myself.', 'Nice try. No.'] },
  { heard: /\bhello|\bhi\b|\bgood (day|morning|evening)/i, lines: ['Hello to you too.', 'What can I do for you?'] },
  { heard: /\bbye|\bfarewell/i, lines: ['Safe travels.', 'Until next time.'] },
  { heard: /\bhow much|\bcost|\bprice|\bsell/i, lines: ['Have a look around first.', 'Good goods have their price.'] },
  { heard: /\?/, lines: ['I would not know.', 'Ask somebody else.', 'Hard to say.'] },
];
const OTHERWISE = ['I hear you.', 'So you say.', 'Is that so?'];

/** Speaks by rules: at once, everywhere, and not cleverly. The same request gets the same line. */
export class RulesSpeaker implements Speaker {
  readonly model = 'rules';

  async speak({ script, params, signal, onToken }: SpeechRequest): Promise<Spoken> {
    if (signal.aborted) throw MeshError.cancelled();
    const { seed, maxTokens, stop, emotions, said } = params;
    const heard = script.messages.at(-1)?.content ?? '';
    const line = pick(RULES.find((rule) => rule.heard.test(heard))?.lines ?? OTHERWISE, seed, 0);
    // After what another speaker began, the line is a sentence of its own.
    const isOurs = said?.model === this.model;
    const words = `${said && !isOurs && said.tokens.length > 0 ? ' ' : ''}${line}`.match(/\s*\S+/g) ?? [];
    const answer = new GrowingAnswer(stop);
    for (const token of said?.tokens ?? []) answer.takeOver(token);
    for (const word of words.slice(isOurs ? answer.tokens.length : 0)) {
      if (answer.tokens.length === maxTokens || answer.isStopped) break;
      const at = answer.tokens.length;
      onToken(answer.add(null, new TextEncoder().encode(word)), at);
    }
    answer.end();
    const isWhole = answer.isStopped || answer.tokens.length < maxTokens || answer.text.endsWith(line);
    const emotion = emotions.length > 0 ? pick(emotions, seed, 1) : undefined;
    return {
      ...{ text: answer.text, tokens: answer.tokens.length, finishReason: isWhole ? 'stop' : 'length' },
      ...{ emotion, backend: 'rules', computeMs: 0 },
    };
  }
}

function pick(from: readonly string[], seed: number, draw: number): string {
  return from[Math.floor(drawOf(seed, draw) * from.length)] ?? '';
}
