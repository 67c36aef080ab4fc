import type { ComponentChildren } from 'preact';
import './layout.css';
import { useId } from 'preact/hooks';

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      /** Defined by theme-switch.ts, in every page. */
      'theme-switch': JSX.HTMLAttributes;
    }
  }
}

/** The bar at the top of a page: a link home, the page's title, and a remark on the right. */
export function PageHeader({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="page-header">
      <a class="page-header__brand" href="./">
        <BrandMark />
        P2C2R
      </a>
      <h1 class="page-header__title">{title}</h1>
      {children && <div class="page-header__aside">{children}</div>}
      <theme-switch />
    </header>
  );
}

/** The logo: one large pixel becoming four small ones. The same drawing as `public/icon.svg`. */
function BrandMark() {
  return (
    <svg width="26" height="26" viewBox="3 3 26 26" aria-hidden="true">
      <path fill="var(--amber)" d="M5 5h14v8h-6v6H5z" />
      <path fill="var(--teal)" d="M15 15h5v5h-5zM22 15h5v5h-5zM15 22h5v5h-5zM22 22h5v5h-5z" />
    </svg>
  );
}

interface PanelProps {
  title: string;
  note?: string;
  /** For links to it. */
  id?: string;
  children: ComponentChildren;
}

/** A titled region of a page. */
export function Panel({ title, note, id, children }: PanelProps) {
  const titleId = useId();
  return (
    <section class="panel" {...(id && { id })} aria-labelledby={titleId}>
      <div class="panel__head">
        <h2 class="panel__title" id={titleId}>
          {title}
        </h2>
        {note && <span class="panel__note">{note}</span>}
      </div>
      {children}
    </section>
  );
}

interface NoticeProps {
  title: string;
  text: string;
  /** Screen readers announce errors at once. */
  isError?: boolean;
  /** Something is worse than it could be. */
  isWarning?: boolean;
  testId?: string;
  /** Buttons. */
  children?: ComponentChildren;
}

/** A message with optional buttons. */
export function Notice({ title, text, isError = false, isWarning = false, testId, children }: NoticeProps) {
  const kind = isError ? ' notice--error' : isWarning ? ' notice--warning' : '';
  return (
    <div class={`notice${kind}`} role={isError ? 'alert' : 'note'} data-testid={testId}>
      <h2 class="notice__title">{title}</h2>
      <p class="notice__text">{text}</p>
      {children && <div class="notice__actions">{children}</div>}
    </div>
  );
}

/** Leads to the test of this connection, in a tab of its own: whoever follows it loses nothing here. */
export function CheckLink({ label = 'Test this connection' }: { label?: string }) {
  return (
    <a class="check-link" href="check" target="_blank" rel="noopener" data-testid="check">
      {label}
    </a>
  );
}

/** For pages that reach their server in a roundabout way. */
export function PollingNotice() {
  return (
    <Notice
      title="This network blocks WebSockets"
      text="So this page asks the server for news again and again instead: joining and meeting others takes longer. What browsers send each other is as fast as ever. A VPN helps, and whoever runs the network can allow WebSockets."
      isWarning
      testId="polling"
    >
      <CheckLink />
    </Notice>
  );
}

export type Tone = 'idle' | 'busy' | 'good' | 'bad';

interface StatusLineProps {
  tone: Tone;
  /** Screen readers announce every change, so keep figures out of it. */
  headline: string;
  /** May change often; it is never announced. */
  detail?: string;
  testId?: string;
}

/** The status of a page, as a sentence. It takes the focus of buttons that leave the page (focus.ts). */
export function StatusLine({ tone, headline, detail, testId }: StatusLineProps) {
  return (
    <p
      class={detail === undefined ? 'status-line' : 'status-line status-line--detailed'}
      data-testid={testId}
      data-tone={tone}
      tabIndex={-1}
    >
      <span class={`status-line__dot status-line__dot--${tone}`} aria-hidden="true" />
      <span>
        <span role="status" aria-live="polite">
          {headline}
        </span>
        {detail && <span class="status-line__detail">{detail}</span>}
      </span>
    </p>
  );
}
