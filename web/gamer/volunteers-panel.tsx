import { useState } from 'preact/hooks';
import type { VolunteerInfo } from '../sdk/types.ts';
import { backendWords } from '../ui/backend-messages.ts';
import { Button } from '../ui/button.tsx';
import { formatCount, formatMs, formatPercent } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import type { StreamStats } from './client.ts';

interface VolunteersPanelProps {
  volunteers: readonly VolunteerInfo[];
  /** Of the frames shown; null when there is no stream. */
  shares: StreamStats['shares'] | null;
  /** Null where that is not this page's to do. */
  onRemove: ((id: string) => void) | null;
}

/** Who is linked, and what each does. */
export function VolunteersPanel({ volunteers, shares, onRemove }: VolunteersPanelProps) {
  const note = volunteers.length === 0 ? undefined : `${volunteers.length} linked`;
  return (
    <Panel title="Volunteers" {...(note && { note })}>
      {volunteers.length === 0 ? (
        <p class="soft small">Nobody is linked yet. Anyone who opens your invite link appears here.</p>
      ) : (
        <ul class="volunteers">
          {volunteers.map((volunteer) => (
            <Volunteer
              key={volunteer.id}
              volunteer={volunteer}
              share={shares && (shares.find(({ volunteerId }) => volunteerId === volunteer.id)?.share ?? 0)}
              onRemove={onRemove && (() => onRemove(volunteer.id))}
            />
          ))}
        </ul>
      )}
    </Panel>
  );
}

interface VolunteerProps {
  volunteer: VolunteerInfo;
  share: number | null;
  onRemove: (() => void) | null;
}

function Volunteer({ volunteer, share, onRemove }: VolunteerProps) {
  const { name, backend, rttMs, completed, failed, barred } = volunteer;
  return (
    <li class="volunteers__entry">
      <span class="volunteers__name">{name}</span>
      {share !== null && <span class="volunteers__share figures">{formatPercent(share)}</span>}
      <span class="volunteers__facts">
        {barred ? 'barred: gave wrong results' : backendWords(backend)} · {formatMs(rttMs)} ms away ·{' '}
        {formatCount(completed)} tasks
        {failed > 0 && `, ${formatCount(failed)} failed`}
      </span>
      {onRemove && <Removal name={name} onRemove={onRemove} />}
    </li>
  );
}

/** Asked twice: it cannot be undone while the room is there. */
function Removal({ name, onRemove }: { name: string; onRemove: () => void }) {
  const [isAsking, setAsking] = useState(false);
  if (!isAsking) {
    return (
      <button
        type="button"
        class="volunteers__remove"
        aria-label={`Remove ${name}`}
        onClick={() => setAsking(true)}
        data-testid="remove"
      >
        Remove
      </button>
    );
  }
  return (
    <fieldset class="volunteers__asking" aria-label={`Remove ${name}?`}>
      <p class="small">
        {name} cannot come back to this room, and your invite link is replaced by a new one. Remove it?
      </p>
      <Button onPress={onRemove} testId="remove-sure">
        Remove
      </Button>
      <Button onPress={() => setAsking(false)}>Keep</Button>
    </fieldset>
  );
}
