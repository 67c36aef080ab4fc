import type { SessionStatus } from './attach-session.ts';

/** How long the words stay after they have changed, ms: afterwards only a dot is left, for the game needs the room. */
const WORDS_MS = 6_000;

export interface BadgeListener {
  /** The person wants no sharpened picture on this page. */
  onClose(): void;
  onRetry(): void;
}

/** A small badge in the corner of a page of others: what happens, how to invite somebody, and how to end it. */
export class Badge {
  readonly #host = document.createElement('p2c2r-badge');
  readonly #toggle = button('toggle');
  readonly #title = Object.assign(document.createElement('span'), { className: 'title' });
  readonly #panel = Object.assign(document.createElement('div'), { className: 'panel', hidden: true });
  readonly #detail = document.createElement('p');
  readonly #invite = button('action', 'Copy invite link');
  readonly #retry = button('action', 'Try again');
  readonly #link = Object.assign(document.createElement('input'), { readOnly: true, hidden: true });
  #status: SessionStatus | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ onClose, onRetry }: BadgeListener) {
    const root = this.#host.attachShadow({ mode: 'open' });
    // Not a style element, which the page's Content-Security-Policy may forbid.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
    const close = button('close', '×');
    close.ariaLabel = 'Stop sharpening';
    const dot = Object.assign(document.createElement('span'), { className: 'dot' });
    this.#title.role = 'status';
    this.#link.ariaLabel = 'Invite link';
    this.#toggle.ariaExpanded = 'false';
    this.#toggle.append(dot, this.#title);
    this.#panel.append(this.#detail, this.#invite, this.#link, this.#retry);
    const pill = Object.assign(document.createElement('div'), { className: 'pill' });
    pill.append(this.#toggle, close);
    const badge = Object.assign(document.createElement('div'), { className: 'badge' });
    badge.append(this.#panel, pill);
    root.append(badge);
    this.#host.style.setProperty('all', 'initial', 'important');
    this.#toggle.onclick = () => this.#open(this.#panel.hidden === true);
    this.#retry.onclick = onRetry;
    this.#invite.onclick = () => void this.#copyInvite();
    close.onclick = () => {
      this.remove();
      onClose();
    };
    // The game keeps the keyboard: a press does not move the focus, and keys pressed here are none of the game's.
    this.#host.addEventListener('pointerdown', (event) => {
      if (event.composedPath()[0] !== this.#link) event.preventDefault();
      event.stopPropagation();
    });
    for (const type of ['keydown', 'keyup'] as const)
      this.#host.addEventListener(type, (event) => event.stopPropagation());
  }

  show(status: SessionStatus): void {
    const before = this.#status;
    this.#status = status;
    // The body may be replaced by the page.
    if (!this.#host.isConnected) document.documentElement.append(this.#host);
    this.#host.dataset.tone = status.tone;
    this.#setText(this.#title, status.title);
    this.#setText(this.#detail, status.detail);
    this.#toggle.ariaLabel = `P2C2R: ${status.title}. Details`;
    this.#invite.hidden = status.inviteLink === null;
    this.#retry.hidden = !status.hasEnded;
    if (before?.title !== status.title) this.#showWords();
    if (status.tone === 'failed' && before?.tone !== 'failed') this.#open(true);
  }

  remove(): void {
    clearTimeout(this.#timer);
    this.#host.remove();
  }

  #setText(element: HTMLElement, text: string): void {
    if (element.textContent !== text) element.textContent = text;
  }

  #showWords(): void {
    clearTimeout(this.#timer);
    delete this.#host.dataset.quiet;
    this.#timer = setTimeout(() => {
      this.#host.dataset.quiet = '';
    }, WORDS_MS);
  }

  #open(isOpen: boolean): void {
    this.#panel.hidden = !isOpen;
    this.#toggle.ariaExpanded = String(isOpen);
  }

  async #copyInvite(): Promise<void> {
    const link = this.#status?.inviteLink;
    if (!link) return;
    try {
      await navigator.clipboard.writeText(link);
      this.#invite.textContent = 'Copied: send it to a friend';
    } catch {
      // The page may not write there.
      Object.assign(this.#link, { value: link, hidden: false });
      this.#link.select();
    }
  }
}

function button(className: string, text = ''): HTMLButtonElement {
  return Object.assign(document.createElement('button'), { type: 'button', className, textContent: text });
}

const STYLES = `
:host {
  position: fixed !important;
  right: max(12px, env(safe-area-inset-right)) !important;
  bottom: max(12px, env(safe-area-inset-bottom)) !important;
  z-index: 2147483647 !important;
}
.badge {
  display: flex;
  flex-direction: column;
  align-items: flex-end;
  gap: 8px;
  max-width: min(20rem, calc(100vw - 24px));
  font: 13px/1.45 system-ui, sans-serif;
  color: #e9eef7;
  color-scheme: dark;
}
.pill, .panel {
  border: 1px solid #2a3447;
  background: rgb(11 14 20 / 0.92);
  box-shadow: 0 2px 12px rgb(0 0 0 / 0.4);
}
.pill { display: flex; border-radius: 999px; transition: opacity 140ms; }
.panel { padding: 12px 14px; border-radius: 12px; overflow-wrap: anywhere; }
.panel[hidden], [hidden] { display: none; }
p { margin: 0; }
button, input { font: inherit; color: inherit; }
button { border: 0; background: none; cursor: pointer; border-radius: 999px; }
button:focus-visible, input:focus-visible { outline: 2px solid #8db8ff; outline-offset: 1px; }
.toggle { display: flex; align-items: center; gap: 8px; min-height: 28px; padding: 4px 4px 4px 12px; }
.close { min-width: 28px; padding: 4px 10px 4px 6px; color: #a9b6cb; font-size: 16px; line-height: 1; }
.close:hover, .toggle:hover { color: #fff; }
.dot { width: 9px; height: 9px; border-radius: 50%; background: #6b7a96; }
:host([data-tone="sharper"]) .dot { background: #45d6b5; }
:host([data-tone="working"]) .dot { background: #8db8ff; }
:host([data-tone="failed"]) .dot { background: #ff8f85; }
.title { white-space: nowrap; }
:host([data-quiet]) .pill:not(:hover, :focus-within) { opacity: 0.65; }
:host([data-quiet]) .pill:not(:hover, :focus-within) .title, :host([data-quiet]) .pill:not(:hover, :focus-within) .close {
  position: absolute; width: 1px; min-width: 0; height: 1px; padding: 0; overflow: hidden; clip-path: inset(50%);
}
:host([data-quiet]) .pill:not(:hover, :focus-within) .toggle { padding: 4px 10px; }
.action { margin-top: 10px; padding: 6px 12px; border: 1px solid #6b7a96; border-radius: 6px; font-weight: 600; }
.action:hover { border-color: #a9b6cb; }
input { box-sizing: border-box; width: 100%; margin-top: 8px; padding: 6px; border: 1px solid #6b7a96; border-radius: 6px; background: #070a0f; }
@media (pointer: coarse) { .toggle, .close { min-height: 44px; min-width: 44px; } }
@media (prefers-reduced-motion: reduce) { .pill { transition: none; } }
@media (forced-colors: active) { .dot { forced-color-adjust: none; } .pill { opacity: 1 !important; } }
`;
