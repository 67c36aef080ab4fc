import './status-line.css';

export type Tone = 'idle' | 'busy' | 'good' | 'bad';

interface StatusLineProps {
  tone: Tone;
  /** Screen readers announce every change, so keep figures out of it. */
  headline: string;
  /** May change often; it is never announced. */
  detail?: string;
  testId?: string;
}

/** The status of a page, as a sentence. */
export function StatusLine({ tone, headline, detail, testId }: StatusLineProps) {
  return (
    <p
      class={detail === undefined ? 'status-line' : 'status-line status-line--detailed'}
      data-testid={testId}
      data-tone={tone}
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
