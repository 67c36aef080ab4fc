/**
 * Defines `<p2c2r-sharpen>`. A server has it as `/element.js`.
 * @module p2c2r/element
 */
import { TAG_OPTIONS, type TagOptions, tagOptions, withHyphens } from '../attach/script-options.ts';
import { type AttachOptions, GamerClient, type GamerOptions, MeshError } from '../sdk/p2c2r.ts';
import { MeshConnection, type MeshState, NOT_CONNECTED } from './mesh-connection.ts';
import { NOT_ATTACHED, type Picture, SharpenedPicture, type SharpenedState } from './sharpened-picture.ts';

/** The element's only rule, which a rule of the page for `p2c2r-sharpen` overrides: what is in it is laid out as if it were not there. */
const STYLE = ':host { display: contents }';

const ATTRIBUTES = [...TAG_OPTIONS.map(withHyphens), 'server', 'name'];
const PROPERTIES = ['client', 'renderer', 'resize'] as const satisfies readonly (keyof SharpenElement)[];

/** In Node, where a page may be rendered, there is no such class, and nothing to define. */
const BaseElement = typeof HTMLElement === 'undefined' ? (class {} as typeof HTMLElement) : HTMLElement;

/**
 * Sharpens the canvas or video within it:
 *
 * ```html
 * <p2c2r-sharpen server="https://your-server" invite="https://your-server/gamer#room=...&invite=..." render-scale="0.5">
 *   <canvas></canvas>
 * </p2c2r-sharpen>
 * ```
 *
 * Attributes: `server` (default: that of the invite, or the one that the module came from); `invite` (the link of an invite for a game) or `room` (the
 * name of an open room), default a new room; `where`, `quality`, `scale`, `render-scale`, `max-fps`, `bitrate-kbps`, `patience` and `max-delay-ms`, as
 * options of `attach` are named; `name`. Each may change at any time.
 *
 * Events: `state`: {@link SharpenElement.mesh} changed; `shown`: {@link SharpenElement.sharpened} changed; `error` (CustomEvent<MeshError>).
 */
export class SharpenElement extends BaseElement {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  #mesh: MeshState = NOT_CONNECTED;
  #sharpened: SharpenedState = NOT_ATTACHED;
  #givenClient: GamerClient | null = null;
  #renderer: unknown;
  #resize: AttachOptions['resize'];
  /** What was made of the attributes, and of which. */
  #connection: { key: string; resource: MeshConnection } | null = null;
  #picture: { key: unknown[]; resource: SharpenedPicture } | null = null;
  /** The values of attributes that cannot be used. The page is told of them once: what it shows in the element is a change of its content. */
  #refused: string | null = null;
  #isUpdateDue = false;
  /** Tells of a canvas that comes later, or goes. */
  readonly #content = typeof MutationObserver === 'undefined' ? null : new MutationObserver(() => this.#update());

  constructor() {
    super();
    // A page may create the element and set these before the module is there. They would hide the accessors.
    for (const name of PROPERTIES) {
      if (!Object.hasOwn(this, name)) continue;
      const value: unknown = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
  }

  /** The connection, and its state. */
  get mesh(): MeshState {
    return this.#mesh;
  }

  /** The sharpened picture, whether it is shown, and why not. */
  get sharpened(): SharpenedState {
    return this.#sharpened;
  }

  /** A client in place of the attributes `server`, `invite` and `room`, for several elements of a page. Whoever made it closes it. */
  get client(): GamerClient | null {
    return this.#givenClient ?? this.#mesh.client;
  }

  set client(client: GamerClient | null) {
    this.#givenClient = client;
    this.#update();
  }

  /** Whom `render-scale` is told: `renderer` of the options of `attach`. */
  get renderer(): unknown {
    return this.#renderer;
  }

  set renderer(renderer: unknown) {
    this.#renderer = renderer;
    this.#update();
  }

  /** In place of `renderer`: a function that is given `{ width, height }` in pixels. */
  get resize(): AttachOptions['resize'] {
    return this.#resize;
  }

  set resize(resize: AttachOptions['resize']) {
    this.#resize = resize;
    this.#update();
  }

  /** Joins anew with the same attributes, unless it was given its client, and attaches anew: after an `error` that the person could do something about. */
  retry(): void {
    this.#end(this.#picture);
    this.#picture = null;
    this.#end(this.#connection);
    this.#connection = null;
    this.#update();
  }

  connectedCallback(): void {
    if (!this.shadowRoot) {
      const style = new CSSStyleSheet();
      style.replaceSync(STYLE);
      const root = this.attachShadow({ mode: 'open' });
      root.adoptedStyleSheets = [style];
      root.append(document.createElement('slot'));
    }
    this.#content?.observe(this, { childList: true, subtree: true });
    this.#update();
  }

  disconnectedCallback(): void {
    this.#content?.disconnect();
    this.#update();
  }

  attributeChangedCallback(): void {
    this.#update();
  }

  /** Once for all that changes now: an element that is moved leaves the page and comes back, and keeps what it has. */
  #update(): void {
    if (this.#isUpdateDue) return;
    this.#isUpdateDue = true;
    queueMicrotask(() => {
      this.#isUpdateDue = false;
      try {
        this.#apply();
      } catch (cause) {
        this.#refused = this.#attributeValues();
        this.#leave();
        this.#fail(MeshError.from(cause, 'bad-input'));
      }
    });
  }

  /** Throws for an attribute that cannot be used. */
  #apply(): void {
    if (!this.isConnected) {
      this.#refused = null;
      this.#leave();
      return;
    }
    if (this.#refused === this.#attributeValues()) return;
    this.#refused = null;
    const data = Object.fromEntries(
      TAG_OPTIONS.map((name) => [name, this.getAttribute(withHyphens(name)) ?? undefined]),
    );
    const { connect, attach } = tagOptions(data, withHyphens);
    const options = {
      ...connect,
      ...this.#serverOption(),
      name: this.getAttribute('name') ?? 'p2c2r-sharpen',
    };
    if (this.#givenClient) this.#disconnect();
    else this.#connect(options);
    this.#attach(attach);
  }

  #attributeValues(): string {
    return JSON.stringify(ATTRIBUTES.map((name) => this.getAttribute(name)));
  }

  #serverOption(): { url?: string } {
    const server = this.getAttribute('server');
    return server === null ? {} : { url: new URL(server, location.href).href };
  }

  #connect(options: GamerOptions): void {
    const key = JSON.stringify(options);
    if (this.#connection?.key === key) return;
    this.#end(this.#connection);
    const resource = new MeshConnection(
      () => GamerClient.connect(options),
      (mesh) => {
        const { error } = this.#mesh;
        this.#setMesh(mesh);
        if (mesh.error && mesh.error !== error) this.#fail(mesh.error);
        this.#update();
      },
    );
    this.#connection = { key, resource };
  }

  #attach(attributes: TagOptions['attach']): void {
    const { client } = this;
    const renderer = this.#renderer;
    const resize = this.#resize;
    const element = this.querySelector<Picture>('canvas, video');
    const key = [client, element, renderer, resize, JSON.stringify(attributes)];
    if (this.#picture && key.every((part, at) => part === this.#picture?.key[at])) return;
    this.#end(this.#picture);
    this.#picture = null;
    this.#show(NOT_ATTACHED);
    if (!client || !element) return;
    const options = { ...attributes, ...(renderer !== undefined && { renderer }), ...(resize && { resize }) };
    const resource = new SharpenedPicture(client, element, options, (sharpened) => this.#show(sharpened));
    this.#picture = { key, resource };
  }

  #show(sharpened: SharpenedState): void {
    if (sharpened === this.#sharpened) return;
    this.#sharpened = sharpened;
    this.dispatchEvent(new Event('shown'));
    if (sharpened.error) this.#fail(sharpened.error);
  }

  #setMesh(mesh: MeshState): void {
    if (mesh === this.#mesh) return;
    this.#mesh = mesh;
    this.dispatchEvent(new Event('state'));
  }

  #disconnect(): void {
    this.#end(this.#connection);
    this.#connection = null;
    this.#setMesh(NOT_CONNECTED);
  }

  #leave(): void {
    this.#end(this.#picture);
    this.#picture = null;
    this.#show(NOT_ATTACHED);
    this.#disconnect();
  }

  /** Nobody waits for the end, so what fails is told by an event. */
  #end(ended: { resource: MeshConnection | SharpenedPicture } | null): void {
    ended?.resource.end().catch((cause: unknown) => this.#fail(MeshError.from(cause)));
  }

  #fail(error: MeshError): void {
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'p2c2r-sharpen': SharpenElement;
  }
}

// A page may load the module twice: from a server and from its own bundle.
if (typeof customElements !== 'undefined' && !customElements.get('p2c2r-sharpen')) {
  customElements.define('p2c2r-sharpen', SharpenElement);
}
