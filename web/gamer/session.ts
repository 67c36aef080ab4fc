import { type Signal, signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { INVITE } from '../sdk/invites.ts';
import type { GamerInfo, VolunteerInfo } from '../sdk/types.ts';
import { type AddressAudience, hidesAddress } from '../ui/address-field.tsx';
import { type ModelFetch, withFetch } from '../ui/model-progress.tsx';
import type { Client, Connect } from './client.ts';
import {
  entryOptions,
  forgetRoom,
  InviteLink,
  keepConsent,
  keepRoom,
  needsConsent,
  roomToEnter,
  type TabStore,
} from './room-links.ts';

/** Who may help, and so may see the frames. */
export type Audience = 'room' | 'lobby';

/** `asking`: a link led here, and the person has not agreed to join its room. Nothing has been sent to anybody. */
export type Phase = Client['state'] | 'failed' | 'asking';

interface SessionOptions {
  connect: Connect;
  name: string;
  pageUrl: string;
  store: TabStore | null;
  /** Whether the server has a relay. Never rejects. */
  findRelay(): Promise<boolean>;
  addressAudience: AddressAudience;
  /** Since the Unix epoch, ms. */
  now(): number;
}

/** A part of the page where a person asks something of the room. */
export type Place = 'link' | 'volunteers' | 'gamers';

/** This page's membership of a room: joining it, its volunteers, and the invite link. */
export class GamerSession {
  readonly phase = signal<Phase>('connecting');
  /** Why there is no room. */
  readonly error = signal<MeshError | null>(null);
  /** An error that did not end the session. */
  readonly warning = signal<MeshError | null>(null);
  /** Why what was asked for last at each place failed; null where it did not. Another place's success does not take it away. */
  readonly failures: Readonly<Record<Place, Signal<MeshError | null>>> = {
    link: signal(null),
    volunteers: signal(null),
    gamers: signal(null),
  };
  readonly client = signal<Client | null>(null);
  readonly volunteers = signal<readonly VolunteerInfo[]>([]);
  /** How many volunteers were linked and are tried again. */
  readonly interrupted = signal(0);
  /** The other gamers, as of the last {@link listGamers}; null before. */
  readonly gamers = signal<readonly GamerInfo[] | null>(null);
  readonly link: InviteLink;
  /** Whether this page may remove volunteers and revoke links. */
  readonly isOwner = signal(false);
  /** Whether the server has an open lobby. Without one there is no choice of audience. */
  readonly hasLobby = signal(false);
  /** Whether this network blocks WebSockets. */
  readonly isPolling = signal(false);
  /** Not kept over a reload: sending frames to strangers takes a decision each time. */
  readonly audience = signal<Audience>('room');
  /** Whether the server has a relay, which hides addresses. */
  readonly hasRelay = signal(false);
  /** Who may learn this machine's network address. */
  readonly addressAudience: Signal<AddressAudience>;
  /** Progress of the network files that this machine fetches. */
  readonly fetches = signal<readonly ModelFetch[]>([]);
  readonly #options: SessionOptions;
  #isClosed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.addressAudience = signal(options.addressAudience);
    this.link = new InviteLink(options.name, options.store, options.now);
  }

  /** Joins this tab's own room at once, and that of a link after {@link agree}. Never rejects; failures are in `error`. */
  async open(): Promise<void> {
    if (!needsConsent(this.#options.pageUrl, this.#options.store)) return this.start();
    this.phase.value = 'asking';
    this.hasRelay.value = await this.#options.findRelay();
  }

  /** The person wants to join the room of the link. Never rejects; failures are in `error`. */
  async agree(): Promise<void> {
    keepConsent(this.#options.pageUrl, this.#options.store);
    await this.start();
  }

  /** Joins the room, also again after a failure. Never rejects; failures are in `error`. */
  async start(): Promise<void> {
    this.phase.value = 'connecting';
    this.error.value = null;
    this.warning.value = null;
    for (const failure of Object.values(this.failures)) failure.value = null;
    try {
      await this.#leave();
      const findingRelay = this.#options.findRelay().then((hasRelay) => (this.hasRelay.value = hasRelay));
      // Only a connection that must be hidden has to know first whether it can be.
      const client = await this.#join(this.#mustHide() && (await findingRelay));
      // The lobby is offered only when it is known whether its strangers would see this machine's address.
      await findingRelay;
      if (this.#isClosed) return void client.close();
      this.client.value = client;
      this.hasLobby.value = client.hasLobby;
      this.isOwner.value = client.isOwner;
      client.addEventListener('volunteers', this.#onVolunteers);
      client.addEventListener('state', this.#onState);
      client.addEventListener('error', this.#onError);
      client.addEventListener('model-progress', this.#onModelProgress);
      this.#onVolunteers();
      this.#onState();
      // The room works without invites; only nobody new can join.
      if (client.mayInvite) void this.#attempt('link', () => this.#makeInvites(client));
    } catch (cause) {
      this.#fail(cause);
    }
  }

  setAudience(audience: Audience): void {
    this.audience.value = audience;
    if (audience === 'lobby') {
      // Before anybody of the lobby is introduced.
      this.#hideAddress();
      void this.client.value?.setLobby(true);
    } else {
      // After the last of them was.
      void this.client.value?.setLobby(false).then(() => this.#hideAddress());
    }
  }

  /** Applies to volunteers who are linked from now on. */
  setAddressAudience(addressAudience: AddressAudience): void {
    this.addressAudience.value = addressAudience;
    this.#hideAddress();
  }

  /** Revokes the invite link and makes a new one. @returns whether it worked */
  replaceLink(): Promise<boolean> {
    return this.#attempt('link', (client) => this.link.replace(client));
  }

  /** Has the server keep a short code for the invite link. */
  async shortenLink(): Promise<void> {
    await this.#attempt('link', (client) => this.link.shorten(client));
  }

  /** Also replaces the invite link, since the volunteer has it. */
  async removeVolunteer(id: string): Promise<void> {
    await this.#attempt('volunteers', async (client) => {
      await client.removeVolunteer(id);
      await this.link.replace(client);
    });
  }

  /** Asks the server who else plays here. Only for the room's owner. */
  async listGamers(): Promise<void> {
    await this.#attempt('gamers', async (client) => {
      this.gamers.value = await client.gamers();
    });
  }

  async removeGamer(id: string): Promise<void> {
    if (await this.#attempt('gamers', (client) => client.removeGamer(id))) await this.listGamers();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#leave();
  }

  /** Keeps an error as the failure of what was asked for at a place. @returns whether it worked */
  async #attempt(at: Place, action: (client: Client) => Promise<void>): Promise<boolean> {
    const client = this.client.value;
    if (!client) return false;
    this.failures[at].value = null;
    try {
      await action(client);
      return true;
    } catch (cause) {
      if (this.client.value === client) this.failures[at].value = MeshError.from(cause);
      return false;
    }
  }

  async #leave(): Promise<void> {
    const client = this.client.value;
    this.client.value = null;
    this.volunteers.value = [];
    this.interrupted.value = 0;
    this.gamers.value = null;
    this.link.close();
    this.fetches.value = [];
    client?.removeEventListener('volunteers', this.#onVolunteers);
    client?.removeEventListener('state', this.#onState);
    client?.removeEventListener('error', this.#onError);
    client?.removeEventListener('model-progress', this.#onModelProgress);
    await client?.close();
  }

  #mustHide(): boolean {
    return hidesAddress(this.addressAudience.value, this.audience.value === 'lobby');
  }

  #hideAddress(): void {
    this.client.value?.setRelayOnly(this.hasRelay.value && this.#mustHide());
  }

  async #join(relayOnly: boolean): Promise<Client> {
    const { connect, name, pageUrl, store } = this.#options;
    const invite = roomToEnter(pageUrl, store);
    const lobby = this.audience.value === 'lobby';
    // Only volunteers that can sharpen are useful here.
    const shared = { name, where: 'auto', lobby, relayOnly, needs: ['upscale'] } as const;
    try {
      return await connect({ ...entryOptions(invite), ...shared });
    } catch (cause) {
      // A link is a person's explicit wish to be in that room. A room kept from before a reload is not, and its invite may have expired.
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
    this.interrupted.value = this.client.value?.interrupted ?? 0;
    // A retry succeeded or another volunteer came: either way there is help now.
    if (isMore && this.warning.value?.reason === 'connection-failed') this.warning.value = null;
  };

  readonly #onState = () => {
    const state = this.client.value?.state;
    if (!state) return;
    if (state === 'online') this.isPolling.value = this.client.value?.isPolling ?? false;
    this.phase.value = state;
    if (state !== 'closed') return;
    this.#fail(this.warning.value ?? MeshError.closed('The room'));
    void this.#leave();
  };

  readonly #onError = (event: Event) => {
    this.warning.value = MeshError.from((event as CustomEvent<unknown>).detail);
  };

  readonly #onModelProgress = (event: Event) => {
    const { detail } = event as CustomEvent<ModelFetch>;
    this.fetches.value = withFetch(this.fetches.value, detail, NETWORKS);
  };

  #fail(cause: unknown): void {
    if (this.#isClosed) return;
    this.error.value = MeshError.from(cause, 'connection-failed');
    this.warning.value = null;
    this.phase.value = 'failed';
  }
}
