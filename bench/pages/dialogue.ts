import type { AnswerToken } from '../../shared/tasks/dialogue/answer-tokens.ts';
import { type DialogueInput, dialogue } from '../../shared/tasks/dialogue.ts';
import { LanguageModel, type Reading } from '../../web/compute/dialogue/language-model.ts';
import { ChatPrompts } from '../../web/compute/dialogue/prompt.ts';
import { drawOf, sampleToken } from '../../web/compute/dialogue/sampling.ts';
import { Tokenizer } from '../../web/compute/dialogue/tokenizer/tokenizer.ts';
import { Engine } from '../../web/compute/engine.ts';
import { shapeOf } from '../../web/compute/infer/model-shape.ts';
import { openHere } from '../../web/compute/ort/onnx-sessions.ts';

export interface Spoken {
  firstTokenMs: number;
  tokensPerS: number;
  text: string;
}

const MODELS = new URL('/models/', location.href);
const CONTEXT_TOKENS = 256;
const NEVER = new AbortController().signal;

const file = async (name: string) => new Uint8Array(await (await fetch(new URL(name, MODELS))).arrayBuffer());
const tokenizerFile = () => file('radio.tokenizer.json');

function inputOf(seed: number): DialogueInput {
  const messages: DialogueInput['messages'] = [{ role: 'user', content: 'Juno overtook you. You are third.' }];
  // Long enough to measure, whatever the model would rather say.
  return {
    persona: 'You are Vex, a hot-headed racer. You talk on the radio.',
    messages,
    seed,
    maxTokens: 64,
    temperature: 1,
  };
}

/** The same model and prompt in a bare loop around onnxruntime-web on this thread: what any library for it can be at best. */
export async function sayBare(seeds: number[]): Promise<Spoken[]> {
  const tokenizer = new Tokenizer(await tokenizerFile(), 'radio');
  const prompts = new ChatPrompts(tokenizer, 'radio');
  const session = await openHere(await file('radio.onnx'));
  const language = new LanguageModel({ shape: shapeOf(session, []) }, 'radio');
  const run = (inputs: Parameters<typeof session.run>[0]) => session.run(inputs);
  const spoken: Spoken[] = [];
  for (const seed of seeds) {
    const { params, attachments } = dialogue.pack(inputOf(seed));
    const script = JSON.parse(new TextDecoder().decode(attachments[0]));
    const startMs = performance.now();
    let reading: Reading = await language.read(prompts.promptOf(script, [], CONTEXT_TOKENS), language.nothingRead, run);
    let firstMs = 0;
    const bytes: number[] = [];
    let count = 0;
    while (count < params.maxTokens) {
      const token = sampleToken(reading.logits, params.temperature, drawOf(seed, count));
      if (prompts.ends.has(token)) break;
      count++;
      firstMs ||= performance.now();
      bytes.push(...tokenizer.bytesOf(token));
      reading = await language.read([token], reading.read, run);
    }
    const text = new TextDecoder().decode(Uint8Array.from(bytes));
    spoken.push(figures({ startMs, firstMs, endMs: performance.now(), count, text }));
  }
  session.release();
  return spoken;
}

/** The same as tasks of an engine, which runs the model in a worker of its own. */
export async function sayAsTasks(seeds: number[]): Promise<Spoken[]> {
  const engine = await openEngine();
  await say(engine, seeds[0] ?? 0, 'warm-up');
  const spoken: Spoken[] = [];
  // An owner each: nothing is left of the conversation before.
  for (const seed of seeds) spoken.push(await say(engine, seed, `owner ${seed}`));
  engine.dispose();
  return spoken;
}

/** An answer that was cut in the middle, and goes on at another engine: how long until its next token, and whether the text is the unbroken one. */
export async function continueFrom(seeds: number[]): Promise<{ nextTokenMs: number; isSame: boolean }[]> {
  const [first, second] = [await openEngine(), await openEngine()];
  await say(second, seeds[0] ?? 0, 'warm-up');
  const found: { nextTokenMs: number; isSame: boolean }[] = [];
  for (const seed of seeds) {
    const heard: AnswerToken[] = [];
    const whole = await say(first, seed, `owner ${seed}`, undefined, (token) => heard.push(token));
    const begun = heard.slice(0, Math.ceil(heard.length / 2));
    const rest = await say(second, seed, `owner ${seed}`, begun);
    found.push({ nextTokenMs: rest.firstTokenMs, isSame: rest.text === whole.text });
  }
  first.dispose();
  second.dispose();
  return found;
}

function openEngine(): Promise<Engine> {
  const load = async () => ({
    ...{ name: 'radio', onnx: ['radio'], contextTokens: CONTEXT_TOKENS },
    tokenizer: await tokenizerFile(),
  });
  return Engine.create({
    ...{ gpu: undefined, now: () => performance.now(), preferBackend: 'js' },
    onnx: { loadOnnx: () => file('radio.onnx') },
    language: { isListed: async () => false, loadLanguage: load },
  });
}

async function say(
  engine: Engine,
  seed: number,
  owner: string,
  begun?: AnswerToken[],
  onToken: (token: AnswerToken) => void = () => {},
): Promise<Spoken> {
  const { params, attachments } = dialogue.pack({ ...inputOf(seed), model: 'radio' });
  const task = { params: begun ? { ...params, said: { model: 'radio', tokens: begun } } : params, attachments };
  const startMs = performance.now();
  let firstMs = 0;
  let count = 0;
  const executed = await engine.execute('dialogue', task, {
    ...{ owner, signal: NEVER },
    onProgress: (report) => {
      if (report.stage !== 'speaking') return;
      firstMs ||= performance.now();
      count += report.tokens.length;
      for (const token of report.tokens) onToken(token);
    },
  });
  const { text } = dialogue.unpackResult({ params, attachments }, executed);
  return figures({ startMs, firstMs, endMs: performance.now(), count, text });
}

function figures(times: { startMs: number; firstMs: number; endMs: number; count: number; text: string }): Spoken {
  const { startMs, firstMs, endMs, count, text } = times;
  return { firstTokenMs: firstMs - startMs, tokensPerS: (1000 * count) / (endMs - firstMs), text };
}
