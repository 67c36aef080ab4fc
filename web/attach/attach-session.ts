import { MeshError } from '../../shared/errors.ts';
import { quotedName } from '../../shared/quoting.ts';
import { nextAttachWaitMs } from '../sdk/attach/attach-retry.ts';
import type { Attachment, AttachOptions, GamerClient } from '../sdk/p2c2r.ts';
import { type Found, findPicture, shownArea } from './find-picture.ts';
import type { ScriptOptions } from './script-options.ts';

/** How often the page is searched for its game, and looked after it, ms. */
const LOOK_INTERVAL_MS = 1_000;
/** An element that was not laid out at so many looks is given up for another one. */
const LOOKS_WITHOUT_ELEMENT = 3;

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
  #passedOver = new WeakMap<Element, { sinceMs: number; waitMs: number }>();
  #client: GamerClient | null = null;
  #inviteLink: string | null = null;
  #attachment: Attachment | null = null;
  #looksWithout = 0;
  /** The last element that was found and could not be taken: why stays told while it is in the page. */
  #refused: Element | null = null;
  /** The last that went wrong since somebody helped, or since the client joined. */
  #trouble: MeshError | null = null;
  #isLooking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /**
   * Looks for the game until {@link stop}, or until the server refuses or the client's session ends; called again after that, it starts anew. Called while it
   * looks, it does nothing. Resolves after the first look.
   */
  async start(): Promise<void> {
    if (this.#isLooking || this.#isStopped) return;
    this.#isLooking = true;
    this.#refused = null;
    this.#passedOver = new WeakMap();
    await this.#lookAndGoOn();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#client?.close();
  }

  async #lookAndGoOn(): Promise<void> {
    try {
      await this.#look();
    } catch (cause) {
      // Without a client, each further look would ask the server again.
      this.#isLooking = this.#client !== null;
      this.#tell('failed', 'Not sharpened', MeshError.from(cause).message, !this.#isLooking);
    }
    if (!this.#isLooking || this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#lookAndGoOn(), LOOK_INTERVAL_MS);
  }

  async #look(): Promise<void> {
    if (this.#client?.state === 'closed') await this.#leave(this.#client);
    if (this.#attachment) await this.#lookAfter(this.#attachment);
    if (this.#attachment) return;
    const found = findPicture(this.#deps.page, { has: (element) => this.#isPassedOver(element) });
    if (found) await this.#take(found);
    else if (!this.#refused?.isConnected)
      this.#tell(
        'idle',
        'No game yet',
        'There is no canvas and no video on this page that can be sharpened. One that comes later is found.',
      );
  }

  /** The owner of the room has removed this gamer, or the server has ended its session. Throws why. */
  async #leave(client: GamerClient): Promise<void> {
    this.#client = null;
    this.#attachment = null;
    this.#inviteLink = null;
    await client.close();
    throw this.#trouble ?? new MeshError('closed', 'The connection to the server has ended. Try again.');
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
    this.#refused = null;
    this.#attachment.addEventListener('shown', () => this.#tellShown());
    this.#tellShown();
  }

  #isPassedOver(element: Element): boolean {
    const { sinceMs, waitMs } = this.#passedOver.get(element) ?? { sinceMs: 0, waitMs: 0 };
    return performance.now() - sinceMs < waitMs;
  }

  #passOver(element: Element): void {
    const waitMs = nextAttachWaitMs(this.#passedOver.get(element)?.waitMs ?? 0);
    this.#passedOver.set(element, { sinceMs: performance.now(), waitMs });
    this.#refused = element;
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
    this.#trouble = null;
    client.addEventListener('volunteers', () => {
      if (helpersOf(client) !== '') this.#trouble = null;
      this.#tellShown();
    });
    client.addEventListener('error', (event) => {
      this.#trouble = (event as CustomEvent<MeshError>).detail;
      this.#tellShown();
    });
    client.addEventListener('state', () => this.#tellShown());
    if (this.#isStopped) await client.close();
    else if (client.mayInvite) this.#inviteLink = await invitation(client);
    return client;
  }

  #tellShown(): void {
    const client = this.#client;
    const shown = this.#attachment?.shown;
    // What has ended is told by the next look.
    if (!client || !shown || client.state === 'closed') return;
    const helpers = helpersOf(client);
    const help = helpers ? `${shown.is ? 'Helping' : 'Linked'}: ${helpers}.` : this.#whyNobodyHelps(client);
    if (shown.is) this.#tell('sharper', 'Sharper', `The sharpened picture is shown. ${help}`);
    else this.#tell('idle', helpers ? 'As it is' : 'No helper', `${shown.why} ${help}`);
  }

  #whyNobodyHelps({ state }: GamerClient): string {
    if (state === 'reconnecting') return 'Nobody helps now: the server cannot be reached. It is tried again.';
    return this.#trouble ? `Nobody helps yet. ${this.#trouble.message}` : 'Nobody helps yet.';
  }

  #tell(tone: SessionStatus['tone'], title: string, detail: string, hasEnded = false): void {
    if (!this.#isStopped) this.#deps.onStatus({ tone, title, detail, inviteLink: this.#inviteLink, hasEnded });
  }
}

/** Names of those who may be asked for help; empty if nobody may. */
function helpersOf({ volunteers }: GamerClient): string {
  return volunteers.flatMap(({ name, barred }) => (barred ? [] : quotedName(name))).join(', ');
}

/** Null where the server gives none now: the game is sharpened all the same. */
async function invitation(client: GamerClient): Promise<string | null> {
  try {
    return (await client.createInvite()).url;
  } catch {
    return null;
  }
}
