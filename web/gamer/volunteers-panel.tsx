import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { quotedName } from '../../shared/quoting.ts';
import type { VolunteerInfo } from '../sdk/types.ts';
import { Button } from '../ui/buttons.tsx';
import { backendLabel, formatCount, formatMs, formatPercent } from '../ui/format.ts';
import { Panel } from '../ui/layout.tsx';
import type { StreamStats } from './client.ts';

interface VolunteersPanelProps {
  volunteers: readonly VolunteerInfo[];
  /** Shares of the recent frames that each sharpened; null without a stream. */
  shares: StreamStats['shares'] | null;
  /** Null when this page may not remove volunteers. */
  onRemove: ((id: string) => void) | null;
  /** Why the last removal failed, and the id for what it describes; undefined where none did. */
  failure: ComponentChildren;
  describedBy: string | undefined;
}

/** The linked volunteers, and what each does. */
export function VolunteersPanel({ volunteers, shares, onRemove, failure, describedBy }: VolunteersPanelProps) {
  const note = volunteers.length === 0 ? undefined : `${volunteers.length} linked`;
  return (
    <Panel title="Volunteers" {...(note && { note })}>
      {volunteers.length === 0 ? (
        <p class="volunteers__none soft small">Nobody is linked yet. Anyone who opens your invite link appears here.</p>
      ) : (
        <ul class="volunteers">
          {volunteers.map((volunteer) => (
            <Volunteer
              key={volunteer.id}
              volunteer={volunteer}
              share={shares && (shares.find(({ volunteerId }) => volunteerId === volunteer.id)?.share ?? 0)}
              onRemove={onRemove && (() => onRemove(volunteer.id))}
              describedBy={describedBy}
            />
          ))}
        </ul>
      )}
      {failure}
    </Panel>
  );
}

interface VolunteerProps {
  volunteer: VolunteerInfo;
  share: number | null;
  onRemove: (() => void) | null;
  describedBy: string | undefined;
}

function Volunteer({ volunteer, share, onRemove, describedBy }: VolunteerProps) {
  const { name, backend, rttMs, completed, failed, barred } = volunteer;
  return (
    <li class="volunteers__entry">
      <span class="volunteers__name">{name}</span>
      {share !== null && <span class="volunteers__share figures">{formatPercent(share)} of frames</span>}
      <span class="volunteers__facts">
        {barred ? 'barred: returned wrong results' : backendLabel(backend)} · {formatMs(rttMs)} ms round trip ·{' '}
        {formatCount(completed)} tasks
        {failed > 0 && `, ${formatCount(failed)} failed`}
      </span>
      {onRemove && (
        <Removal name={name} onRemove={onRemove} describedBy={describedBy}>
          This volunteer cannot rejoin this room, and a new invite link replaces yours. Remove it?
        </Removal>
      )}
    </li>
  );
}

interface RemovalProps {
  name: string;
  onRemove: () => void;
  /** The id of why the last removal failed. */
  describedBy: string | undefined;
  /** What follows from it, and the question. */
  children: ComponentChildren;
}

/** Asks for confirmation, since a removal cannot be undone while the room exists. */
export function Removal({ name, onRemove, describedBy, children }: RemovalProps) {
  const [isConfirming, setConfirming] = useState(false);
  if (!isConfirming) {
    return (
      <button
        type="button"
        class="volunteers__remove"
        aria-label={`Remove ${quotedName(name)}`}
        aria-describedby={describedBy}
        onClick={() => setConfirming(true)}
        data-testid="remove"
      >
        Remove
      </button>
    );
  }
  return (
    <fieldset class="volunteers__confirm" aria-label={`Remove ${quotedName(name)}?`}>
      <p class="small">{children}</p>
      <Button
        onPress={() => {
          setConfirming(false);
          onRemove();
        }}
        testId="remove-sure"
      >
        Remove
      </Button>
      <Button onPress={() => setConfirming(false)}>Keep</Button>
    </fieldset>
  );
}
