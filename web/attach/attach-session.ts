import { MeshError } from '../../shared/errors.ts';
import { quotedName } from '../../shared/quoting.ts';
import type { Attachment, AttachOptions, GamerClient } from '../sdk/p2c2r.ts';
import { type Found, findPicture, shownArea } from './find-picture.ts';
import type { ScriptOptions } from './script-options.ts';

/** How often the page is searched for its game, and looked after it, ms. */
const LOOK_INTERVAL_MS = 1_000;
/** An element that was not laid out at so many looks is given up for another one. */
const LOOKS_WITHOUT_ELEMENT = 3;
/** First wait before an element that could not be taken is tried again, ms: the error may pass. Doubled each time, up to the maximum. */
const FIRST_RETRY_MS = 10_000;
const MAX_RETRY_MS = 600_000;

/** What the badge tells. */
export interface SessionStatus {
  tone: 'working' | 'sharper' | 'idle' | 'failed';
  /** Two words at most. */
  title: string;
  /** Sentences for a person. */
  detail: string;
  /** Invites a volunteer; null where this page may not invite. */
  inviteLink: string | null;
  /** Whether it goes on only if the person wants another attempt: {@link AttachSession.start}. */
  hasEnded: boolean;
}

export interface SessionDeps {
  options: ScriptOptions;
  page: Document;
  /** Loads the SDK: not before there is something to sharpen. */
  connect(): Promise<GamerClient>;
  rendererOf(element: HTMLElement): object | null;
  /** Has the script run in a frame, whose elements only code of that frame can capture. */
  enterFrame(frame: HTMLIFrameElement): void;
  onStatus(status: SessionStatus): void;
}

/** Finds the game of a page, lays the sharpened picture over it, and finds it again when the page replaces it. */
export class AttachSession {
  readonly #deps: SessionDeps;
  /** Elements that could not be taken: since when, and for how long they are passed over. */
  readonly #passedOver = new WeakMap<Element, { sinceMs: number; waitMs: number }>();
  #client: GamerClient | null = null;
  #inviteLink: string | null = null;
  #attachment: Attachment | null = null;
  #looksWithout = 0;
  /** Why the last element that was found has no sharpened picture; empty if it has. */
  #refusal = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /** Looks for the game until {@link stop}, or until the server refuses. */
  async start(): Promise<void> {
    try {
      await this.#look();
    } catch (cause) {
      this.#refusal = MeshError.from(cause).message;
      this.#tell('failed', 'Not sharpened', this.#refusal, !this.#client);
      if (!this.#client) return;
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.start(), LOOK_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#client?.close();
  }

  async #look(): Promise<void> {
    if (this.#attachment) await this.#lookAfter(this.#attachment);
    if (this.#attachment) return;
    const found = findPicture(this.#deps.page, { has: (element) => this.#isPassedOver(element) });
    if (found) await this.#take(found);
    else if (this.#refusal === '')
      this.#tell(
        'idle',
        'No game yet',
        'There is no canvas and no video on this page that can be sharpened. One that comes later is found.',
      );
  }

  async #lookAfter(attachment: Attachment): Promise<void> {
    const isThere = attachment.element.isConnected && shownArea(attachment.element) > 0;
    this.#looksWithout = isThere ? 0 : this.#looksWithout + 1;
    if (this.#looksWithout < LOOKS_WITHOUT_ELEMENT) return;
    this.#attachment = null;
    await attachment.detach();
  }

  async #take(found: Found): Promise<void> {
    if ('frame' in found) {
      this.#deps.enterFrame(found.frame);
      return;
    }
    const { element } = found;
    const client = this.#client ?? (await this.#join());
    if (this.#isStopped) return;
    try {
      this.#attachment = await client.attach(element, this.#optionsFor(element));
    } catch (cause) {
      // Such as one with content of another origin: perhaps there is another one.
      this.#passOver(element);
      throw cause;
    }
    this.#looksWithout = 0;
    this.#refusal = '';
    this.#attachment.addEventListener('shown', () => this.#tellShown());
    this.#tellShown();
  }

  #isPassedOver(element: Element): boolean {
    const { sinceMs, waitMs } = this.#passedOver.get(element) ?? { sinceMs: 0, waitMs: 0 };
    return performance.now() - sinceMs < waitMs;
  }

  #passOver(element: Element): void {
    const { waitMs = FIRST_RETRY_MS / 2 } = this.#passedOver.get(element) ?? {};
    this.#passedOver.set(element, { sinceMs: performance.now(), waitMs: Math.min(2 * waitMs, MAX_RETRY_MS) });
  }

  /** Where nobody can be told to draw a smaller picture, the element is sharpened as it is. */
  #optionsFor(element: HTMLElement): AttachOptions {
    const { renderScale, ...others } = this.#deps.options.attach;
    const renderer = renderScale === undefined ? null : this.#deps.rendererOf(element);
    return renderer && renderScale !== undefined ? { ...others, renderScale, renderer } : others;
  }

  async #join(): Promise<GamerClient> {
    this.#tell('working', 'Connecting', 'Connecting to the server.');
    const client = await this.#deps.connect();
    this.#client = client;
    client.addEventListener('volunteers', () => this.#tellShown());
    if (this.#isStopped) await client.close();
    else if (client.mayInvite) this.#inviteLink = await invitation(client);
    return client;
  }

  #tellShown(): void {
    const client = this.#client;
    const shown = this.#attachment?.shown;
    if (!client || !shown || this.#isStopped) return;
    const names = client.volunteers.map(({ name }) => quotedName(name)).join(', ');
    const help = names ? `Helping: ${names}.` : 'Nobody helps yet.';
    if (shown.is) this.#tell('sharper', 'Sharper', `The sharpened picture is shown. ${help}`);
    else this.#tell('idle', names ? 'As it is' : 'No helper', `${shown.why} ${help}`);
  }

  #tell(tone: SessionStatus['tone'], title: string, detail: string, hasEnded = false): void {
    if (!this.#isStopped) this.#deps.onStatus({ tone, title, detail, inviteLink: this.#inviteLink, hasEnded });
  }
}

/** Null where the server gives none now: the game is sharpened all the same. */
async function invitation(client: GamerClient): Promise<string | null> {
  try {
    return (await client.createInvite()).url;
  } catch {
    return null;
  }
}
