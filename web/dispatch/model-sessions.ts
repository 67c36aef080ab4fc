import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { TaskValue } from '../../shared/tasks/infer/inputs.ts';
import type { InferInput } from '../../shared/tasks/infer.ts';
import type { SessionStep } from './job.ts';

/** Bounds of what is kept between the calls of sessions. The session that was silent for longest is forgotten first. */
export const SESSIONS = {
  max: 32,
  /** Of all together; one of any size is kept. A language model's cache of a thousand tokens has some ten megabytes. */
  maxBytes: 256 * 1024 * 1024,
  maxNameChars: 128,
  /** A session that is silent for so long is over. */
  keptMs: 10 * 60_000,
} as const;

type Outputs = Record<string, TaskValue>;

interface Session {
  readonly key: string;
  /** By the input that it is given to. */
  state: ReadonlyMap<string, TaskValue>;
  /** Where that came from; null before the first result. */
  from: SessionStep['from'];
  sizeBytes: number;
  isBusy: boolean;
  stopTimer: () => void;
}

/** One call under way. */
export interface SessionCall {
  /** With the state that the session has. */
  readonly input: InferInput;
  /** What the scheduler needs to know of it. */
  readonly step: SessionStep;
  /**
   * Keeps the state among the outputs, and returns the others. Throws MeshError `bad-input` where none is state.
   *
   * @param ranOn - who computed them.
   */
  finish(outputs: Outputs, ranOn: string): Outputs;
  /** The call failed: the session is as it was before. */
  fail(): void;
}

/**
 * The sessions of models that keep a state, such as a recurrent network's or a cache of keys and values: outputs of one call that are inputs of
 * the next. The state comes back with each result, so whoever computes the next call needs to know nothing of those before, its result can be checked,
 * and a volunteer that leaves takes nothing with it. The one that computed the last call keeps its state too, and is not sent it again
 * ({@link SessionStep}).
 */
export class ModelSessions {
  readonly #clock: Pick<Clock, 'after'>;
  /** The one that was silent for longest first. */
  readonly #sessions = new Map<string, Session>();
  #nextCall = 0;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** Throws MeshError `bad-input` for a wrong name, and while the call before is under way; `queue-full` where those of all other sessions are. */
  begin({ session: name, state: stateNames, ...input }: InferInput): SessionCall {
    if (typeof name !== 'string' || name === '' || name.length > SESSIONS.maxNameChars)
      throw MeshError.badInput(`A session's name must be a text of 1 to ${SESSIONS.maxNameChars} characters.`);
    const session = this.#open(JSON.stringify([input.model, name]));
    if (session.isBusy) {
      const message = `The session '${name}' is still computing its last call. Await that result before the next call.`;
      throw MeshError.badInput(message);
    }
    this.#makeRoom(session);
    if (this.#sessions.size > SESSIONS.max) {
      this.#forget(session);
      const message = `${SESSIONS.max} sessions are computing a call. Await one of their results before you begin another session.`;
      throw new MeshError('queue-full', message);
    }
    session.isBusy = true;
    const inputs = { ...Object.fromEntries(session.state), ...input.inputs };
    const call = this.#nextCall++;
    return {
      input: { ...input, inputs },
      step: { key: session.key, call, from: without(session.from, Object.keys({ ...input.inputs })) },
      finish: (outputs, ranOn) => {
        const state = stateAmong(
          outputs,
          (output) => stateNames?.[output] ?? stateInputOf(output, Object.keys(inputs)),
        );
        this.#rest(session);
        if (state.size === 0) {
          const found = Object.keys(outputs).join(', ');
          const message = `None of the outputs ${found} goes on from an input. Name those that do with \`state\`: { output: 'input' }.`;
          throw MeshError.badInput(message);
        }
        const pairs = [...state].map(([output, into]) => [into, outputs[output]] as const);
        session.state = new Map(pairs.flatMap(([into, value]) => (value ? [[into, value]] : [])));
        session.from = { call, ranOn, outputs: new Map([...state].map(([output, into]) => [into, output])) };
        session.sizeBytes = [...session.state.values()].reduce((sum, value) => sum + bytesOfValue(value), 0);
        this.#makeRoom(session);
        return Object.fromEntries(Object.entries(outputs).filter(([output]) => !state.has(output)));
      },
      fail: () => this.#rest(session),
    };
  }

  dispose(): void {
    for (const session of [...this.#sessions.values()]) this.#forget(session);
  }

  /** Moves it to the end: it was used last. */
  #open(key: string): Session {
    const fresh: Session = { key, state: new Map(), from: null, sizeBytes: 0, isBusy: false, stopTimer: () => {} };
    const session = this.#sessions.get(key) ?? fresh;
    session.stopTimer();
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    return session;
  }

  #rest(session: Session): void {
    session.isBusy = false;
    session.stopTimer();
    // It was forgotten meanwhile: a timer would hold its state for nobody.
    if (this.#sessions.get(session.key) !== session) return;
    session.stopTimer = this.#clock.after(SESSIONS.keptMs, () => this.#forget(session));
  }

  /** Forgets sessions that were silent for long, but neither those that compute nor the one that is `used`. */
  #makeRoom(used: Session): void {
    for (const session of [...this.#sessions.values()]) {
      const bytes = [...this.#sessions.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const isFull = this.#sessions.size > SESSIONS.max || (bytes > SESSIONS.maxBytes && this.#sessions.size > 1);
      if (!isFull) return;
      if (!session.isBusy && session !== used) this.#forget(session);
    }
  }

  #forget(session: Session): void {
    session.stopTimer();
    if (this.#sessions.get(session.key) === session) this.#sessions.delete(session.key);
  }
}

/** What is left of a state where some of its inputs are given anew. */
function without(from: SessionStep['from'], given: readonly string[]): SessionStep['from'] {
  if (!from) return null;
  const outputs = new Map([...from.outputs].filter(([input]) => !given.includes(input)));
  return outputs.size > 0 ? { ...from, outputs } : null;
}

/** Outputs that are state, with the inputs that they are given to. */
function stateAmong(outputs: Outputs, inputOf: (output: string) => string | undefined): Map<string, string> {
  const state = new Map<string, string>();
  for (const output of Object.keys(outputs)) {
    const into = inputOf(output);
    if (into !== undefined) state.set(output, into);
  }
  return state;
}

function bytesOfValue(value: TaskValue): number {
  if (!('data' in value)) return 0;
  if (ArrayBuffer.isView(value.data)) return value.data.byteLength;
  // Two bytes a character in a browser's memory.
  return value.data.reduce((sum, text) => sum + 2 * text.length, 0);
}

/**
 * How exporters name an output that is the next call's input. A pattern matches the output's name; the input has the name that comes of it.
 * Hugging Face's caches: `present.0.key` and `past_key_values.0.key`. Silero's voice detectors: `stateN` and `state`, `hn` and `h`.
 */
const CONVENTIONS: readonly [RegExp, string][] = [
  [/^present(?=[._]|$)/, 'past_key_values'],
  [/^present(?=[._]|$)/, 'past'],
  [/^(?:new|next|updated)_/, ''],
  [/^(?:output|out)_/, 'input_'],
  [/^(?:output|out)_/, 'in_'],
  [/^(?:output|out)_/, ''],
  [/_(?:out|output|next|new|n)$/, ''],
  [/_(?:out|output|next|new)$/, '_in'],
  [/_(?:out|output|next|new)$/, '_input'],
  [/(?:N|n|Out|Next)$/, ''],
];

/** The input that an output goes on from, by the usual names; undefined where there is none. */
export function stateInputOf(output: string, inputs: readonly string[]): string | undefined {
  for (const [pattern, replacement] of CONVENTIONS) {
    if (!pattern.test(output)) continue;
    const input = output.replace(pattern, replacement);
    if (input !== output && inputs.includes(input)) return input;
  }
  return undefined;
}
