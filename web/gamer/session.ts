import { signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import { INVITE } from '../sdk/invites.ts';
import type { VolunteerInfo } from '../sdk/types.ts';
import { type ModelFetch, withFetch } from '../ui/model-fetches.ts';
import type { Client, Connect } from './client.ts';
import { InviteLink } from './invite-link.ts';
import { entryOptions, forgetRoom, keepRoom, roomToEnter, type TabStore } from './room-entry.ts';

/** Who may help, and so see the frames. */
export type Audience = 'room' | 'lobby';

export type Phase = Client['state'] | 'failed';

interface SessionOptions {
  connect: Connect;
  name: string;
  pageUrl: string;
  store: TabStore | null;
  /** Since the Unix epoch, ms. */
  now(): number;
}

/** This page's place in a room: joining, who is there, and the link that lets others in. */
export class GamerSession {
  readonly phase = signal<Phase>('connecting');
  /** Why there is no room. */
  readonly error = signal<MeshError | null>(null);
  /** What went wrong on the way, and left the room as it is. */
  readonly mishap = signal<MeshError | null>(null);
  readonly client = signal<Client | null>(null);
  readonly volunteers = signal<readonly VolunteerInfo[]>([]);
  readonly link: InviteLink;
  /** May this page remove volunteers and take links back? */
  readonly isOwner = signal(false);
  /** Whether the server has an open lobby; else there is no choice of audience. */
  readonly hasLobby = signal(false);
  /** Not kept over a reload: what is sent to strangers is chosen each time. */
  readonly audience = signal<Audience>('room');
  /** The networks' files that this machine has fetched, or tried to. */
  readonly fetches = signal<readonly ModelFetch[]>([]);
  readonly #options: SessionOptions;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.link = new InviteLink(options.store, options.now);
  }

  /** Joins; again after it failed. Never rejects: what went wrong is in `error`. */
  async start(): Promise<void> {
    this.phase.value = 'connecting';
    this.error.value = null;
    this.mishap.value = null;
    try {
      await this.#leave();
      const client = await this.#join();
      if (this.#closed) return void client.close();
      this.client.value = client;
      this.hasLobby.value = client.hasLobby;
      this.isOwner.value = client.isOwner;
      client.addEventListener('volunteers', this.#onVolunteers);
      client.addEventListener('state', this.#onState);
      client.addEventListener('error', this.#onMishap);
      client.addEventListener('model-progress', this.#onModelProgress);
      this.#onVolunteers();
      this.#onState();
      // The room stands all the same; only nobody new can be let in.
      void this.#trying(() => this.#makeInvites(client));
    } catch (cause) {
      this.#fail(cause);
    }
  }

  setAudience(audience: Audience): void {
    this.audience.value = audience;
    this.client.value?.setLobby(audience === 'lobby');
  }

  /** Another link takes the place of the present one, which lets nobody in from then on. @returns whether it does */
  replaceLink(): Promise<boolean> {
    return this.#trying((client) => this.link.replace(client));
  }

  /** The link goes as well: the volunteer has it. */
  async removeVolunteer(id: string): Promise<void> {
    await this.#trying(async (client) => {
      await client.removeVolunteer(id);
      await this.link.replace(client);
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#leave();
  }

  /** What goes wrong is a mishap. */
  async #trying(what: (client: Client) => Promise<void>): Promise<boolean> {
    const client = this.client.value;
    if (!client) return false;
    try {
      await what(client);
      return true;
    } catch (cause) {
      if (this.client.value === client) this.mishap.value = MeshError.from(cause);
      return false;
    }
  }

  async #leave(): Promise<void> {
    const client = this.client.value;
    this.client.value = null;
    this.volunteers.value = [];
    this.link.close();
    this.fetches.value = [];
    client?.removeEventListener('volunteers', this.#onVolunteers);
    client?.removeEventListener('state', this.#onState);
    client?.removeEventListener('error', this.#onMishap);
    client?.removeEventListener('model-progress', this.#onModelProgress);
    await client?.close();
  }

  async #join(): Promise<Client> {
    const { connect, name, pageUrl, store } = this.#options;
    const invite = roomToEnter(pageUrl, store);
    const lobby = this.audience.value === 'lobby';
    // What a stream's frames are given to.
    const shared = { name, where: 'auto', lobby, needs: ['upscale'] } as const;
    try {
      return await connect({ ...entryOptions(invite), ...shared });
    } catch (cause) {
      // Only a link is a person's wish to be in that room; one kept from before a reload may have run out.
      const isKept = invite !== null && roomToEnter(pageUrl, null) === null;
      if (!isKept || MeshError.from(cause).reason !== 'not-invited') throw cause;
      forgetRoom(store);
      return connect({ ...entryOptions(null), ...shared });
    }
  }

  async #makeInvites(client: Client): Promise<void> {
    await this.link.open(client);
    if (roomToEnter(this.#options.pageUrl, null)) return;
    const rights = { owner: client.isOwner, expiresInS: INVITE.wayBackS };
    const back = await client.createInvite({ role: 'gamer', ...rights });
    keepRoom(this.#options.store, back.url);
  }

  readonly #onVolunteers = () => {
    const linked = [...(this.client.value?.volunteers ?? [])];
    const isMore = linked.length > this.volunteers.value.length;
    this.volunteers.value = linked;
    // It was tried again, or somebody else came: either way there is help now.
    if (isMore && this.mishap.value?.reason === 'connection-failed') this.mishap.value = null;
  };

  readonly #onState = () => {
    const state = this.client.value?.state;
    if (!state) return;
    this.phase.value = state;
    if (state !== 'closed') return;
    this.#fail(this.mishap.value ?? MeshError.closed('The room'));
    void this.#leave();
  };

  readonly #onMishap = (event: Event) => {
    this.mishap.value = MeshError.from((event as CustomEvent<unknown>).detail);
  };

  readonly #onModelProgress = (event: Event) => {
    this.fetches.value = withFetch(this.fetches.value, (event as CustomEvent<ModelFetch>).detail);
  };

  #fail(cause: unknown): void {
    if (this.#closed) return;
    this.error.value = MeshError.from(cause, 'connection-failed');
    this.mishap.value = null;
    this.phase.value = 'failed';
  }
}
