import type { SaidToken } from '../../../shared/tasks/dialogue/said.ts';
import type { DialogueParams, Script } from '../../../shared/tasks/dialogue.ts';
import type { RunInTaskSlot } from '../schedule.ts';

/** What is to be said, and to whom. */
export interface SpeechRequest {
  script: Script;
  params: DialogueParams;
  /** Whose conversation it is: nothing of it is used for anybody else. */
  owner: string;
  signal: AbortSignal;
  /** Runs a part of the work in a time slot of the schedule. */
  run: RunInTaskSlot;
  /** Called with each new token. Those that were said before are not told again. */
  onToken(token: SaidToken, at: number): void;
  /** The share of a model that was fetched, 0 to 1. */
  onShare(share: number): void;
}

export interface Spoken {
  text: string;
  emotion?: string | undefined;
  tokens: number;
  finishReason: 'stop' | 'length';
  backend: string;
  computeMs: number;
}

/** Something that speaks: a language model, the browser's own, or rules. */
export interface Speaker {
  /** Its name in results. */
  readonly model: string;
  /**
   * Says an answer. The same request gives the same answer, also where a part of it was said before.
   *
   * Throws MeshError: `unknown-model` when it cannot speak here, `bad-input` when the script does not fit, `cancelled`, `volunteer-failed`.
   */
  speak(request: SpeechRequest): Promise<Spoken>;
}
