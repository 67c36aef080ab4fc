import { fetchWords, type ModelFetch } from './model-fetches.ts';
import { Notice } from './notice.tsx';

/** Of the networks that this machine fetches: a quiet line while it does, and a notice of those it has to do without. */
export function ModelLines({ fetches }: { fetches: readonly ModelFetch[] }) {
  const { line, failure } = fetchWords(fetches);
  return (
    <>
      {line && (
        <p class="soft small" data-testid="models">
          {line}
        </p>
      )}
      {failure && <Notice title={failure.title} text={failure.text} />}
    </>
  );
}
