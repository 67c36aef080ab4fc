import type { VolunteerInfo } from '../sdk/types.ts';
import { backendWords } from '../ui/backend-words.ts';
import { formatCount, formatMs, formatPercent } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import type { StreamStats } from './client.ts';

interface VolunteersPanelProps {
  volunteers: readonly VolunteerInfo[];
  /** Of the frames shown; null when there is no stream. */
  shares: StreamStats['shares'] | null;
}

/** Who is linked, and what each does. */
export function VolunteersPanel({ volunteers, shares }: VolunteersPanelProps) {
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
            />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Volunteer({ volunteer, share }: { volunteer: VolunteerInfo; share: number | null }) {
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
    </li>
  );
}
