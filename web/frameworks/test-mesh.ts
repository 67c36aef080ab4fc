import type { Attachment, GamerClient, GamerState } from '../sdk/p2c2r.ts';
import type { Picture } from './sharpened-picture.ts';

/** A client without a server, which counts what became of it. */
export class TestClient extends EventTarget {
  state: GamerState = 'online';
  volunteers: { id: string }[] = [];
  readonly attached: TestAttachment[] = [];
  closed = 0;
  /** Calls of `attach`. */
  attempts = 0;
  /** What `attach` throws. */
  refusal: Error | null = null;

  async attach(element: Picture, options: object): Promise<Attachment> {
    this.attempts++;
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    const attachment = new TestAttachment(element, options);
    this.attached.push(attachment);
    return attachment as unknown as Attachment;
  }

  async close(): Promise<void> {
    this.closed++;
    this.state = 'closed';
    this.dispatchEvent(new Event('state'));
  }

  /** As its type in the SDK, which has private members. */
  get client(): GamerClient {
    return this as unknown as GamerClient;
  }

  /** Elements that have a picture now. */
  get covered(): Picture[] {
    return this.attached.filter(({ detached }) => detached === 0).map(({ element }) => element);
  }
}

export class TestAttachment extends EventTarget {
  shown = { is: false, why: 'The sharpened picture is on its way.' };
  detached = 0;

  constructor(
    readonly element: Picture,
    readonly options: object,
  ) {
    super();
  }

  async detach(): Promise<void> {
    this.detached++;
  }

  show(why: string): void {
    this.shown = { is: true, why };
    this.dispatchEvent(new Event('shown'));
  }
}

/** Lets everything that waits for a promise go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
