import { MeshError } from '../../../shared/errors.ts';
import { type DownloadFaults, STALL_TIMEOUT_MS } from './download.ts';

/** The host has no such file, so another one may be there. */
export class MissingFile extends MeshError {}

export interface ModelHostOptions {
  fetch: typeof globalThis.fetch;
  /** Throws MeshError where nothing may be fetched from this address. */
  checkAccepted(url: URL): void;
}

/**
 * Another server that a model comes from, and what is wrong with it where nothing comes. Its errors have the reason `unknown-model`: it was the task
 * that named the host, so no volunteer is to blame for it. They name the host and fit into what is quoted of another browser.
 */
export class ModelHost implements DownloadFaults {
  readonly #url: URL;
  readonly #options: ModelHostOptions;
  #hasAnswered = false;
  /** Options of the request. */
  #init: RequestInit = {};

  constructor(url: URL, options: ModelHostOptions) {
    this.#url = url;
    this.#options = options;
  }

  /**
   * Requests the model without cookies or a referrer. A redirect is followed, since nothing but following it tells where it leads; what comes
   * from an origin that is not accepted is not read.
   *
   * Throws MeshError `unknown-model` there, and a TypeError where the browser got no answer or may not show it.
   */
  async request(init: RequestInit): Promise<Response> {
    this.#init = { ...init, credentials: 'omit', referrerPolicy: 'no-referrer' };
    const response = await this.#options.fetch(this.#url, { ...this.#init, redirect: 'follow' });
    if (response.redirected) this.#checkTarget(new URL(response.url));
    this.#hasAnswered = true;
    return response;
  }

  refused(status: number): MeshError {
    if (status === 404 || status === 410)
      return this.#fault(`has no such model. Correct its address. (status ${status})`, MissingFile);
    const why =
      status === 401 || status === 403
        ? 'refuses the model: volunteers cannot log in. Use one that everybody may read.'
        : 'cannot send the model now. Try again later, or use another host.';
    return this.#fault(`${why} (status ${status})`);
  }

  isPage(): MeshError {
    return this.#fault('sent a web page in place of the model. Use the address of the file itself.');
  }

  silent(): MeshError {
    return this.#fault(
      this.#hasAnswered
        ? 'sends too slowly, or has stopped. Try again later, or use another host.'
        : `did not answer within ${STALL_TIMEOUT_MS / 1_000} s. Try again later, or use another host.`,
    );
  }

  /** Asks the host again where that may tell why: browsers say the same of a host that is away and of one that lets no page read its files. */
  async broken(_: unknown, isStoppedByPolicy: boolean): Promise<MeshError> {
    const { origin } = this.#url;
    if (this.#hasAnswered) return this.#fault('broke off the download. Try again.');
    if (isStoppedByPolicy) {
      const message = `is stopped by the page's Content-Security-Policy: its connect-src must allow ${origin} and where that redirects to.`;
      return this.#fault(message);
    }
    if (globalThis.navigator?.onLine === false)
      return new MeshError('connection-failed', 'This computer is offline. Connect it, then try again.');
    if (await this.#redirects()) {
      const message =
        'redirects to a server that does not answer, or lets no other page read it (CORS). Use its address.';
      return this.#fault(message);
    }
    const needsCors = 'Whoever runs it must send the header Access-Control-Allow-Origin.';
    if (await this.#answersUnread()) return this.#fault(`lets no other page read its models (CORS). ${needsCors}`);
    // A page that is isolated is not told of such an answer either.
    const causes = globalThis.crossOriginIsolated
      ? 'does not answer, has no trusted certificate, or lets no other page read it (CORS)'
      : 'does not answer, or has no trusted certificate';
    return this.#fault(`${causes}. Open the model's address in a tab to see which.`);
  }

  #checkTarget(target: URL): void {
    try {
      this.#options.checkAccepted(target);
    } catch (cause) {
      throw this.#fault(`redirects to ${target.origin}. ${MeshError.from(cause).message}`);
    }
  }

  /** Whether it answers with a redirect, as far as a page may know that. */
  async #redirects(): Promise<boolean> {
    const { fetch } = this.#options;
    return fetch(this.#url, { ...this.#init, redirect: 'manual' }).then(
      ({ type }) => type === 'opaqueredirect',
      () => false,
    );
  }

  /** Whether it answers, though this page may not read what. */
  async #answersUnread(): Promise<boolean> {
    const { fetch } = this.#options;
    return fetch(this.#url, { ...this.#init, method: 'HEAD', mode: 'no-cors', redirect: 'follow' }).then(
      () => true,
      () => false,
    );
  }

  #fault(what: string, Fault: typeof MeshError = MeshError): MeshError {
    return new Fault('unknown-model', `${this.#url.host} ${what}`);
  }
}
