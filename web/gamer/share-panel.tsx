import { Button } from '../ui/button.tsx';
import { CopyField } from '../ui/copy-field.tsx';
import { Panel } from '../ui/panel.tsx';
import { QrCode } from '../ui/qr-code.tsx';
import type { Choice } from '../ui/segmented.tsx';
import { SelectField } from '../ui/select-field.tsx';
import { LanNotice } from './lan-notice.tsx';
import { ReplaceLink } from './replace-link.tsx';
import type { Audience } from './session.ts';

const AUDIENCES: readonly Choice<Audience>[] = [
  { value: 'room', label: 'Only people I share the room with' },
  { value: 'lobby', label: 'Anyone in the lobby' },
];

interface SharePanelProps {
  /** Null while there is none. */
  inviteUrl: string | null;
  /** Takes the link back and makes another; null where that is not this page's to do. */
  onReplace: (() => Promise<boolean>) | null;
  /** Who may help; null where there is no choice. */
  audience: Audience | null;
  onAudience: (audience: Audience) => void;
  onOpenWindow: () => void;
}

/** The ways to get a volunteer. */
export function SharePanel({ inviteUrl, onReplace, audience, onAudience, onOpenWindow }: SharePanelProps) {
  if (!inviteUrl) {
    return (
      <Panel title="Get help">
        <p class="soft">Your invite link appears here once the room is open.</p>
      </Panel>
    );
  }
  return (
    <Panel title="Get help">
      <p class="soft small">
        Send this link to a friend with a good graphics card; there is nothing to install.{' '}
        {audience === 'lobby' ? 'People with the link, and anyone in the lobby,' : 'Only people with the link'} can
        help. <strong>Volunteers see the frames they sharpen.</strong>
      </p>
      <LanNotice />
      {audience && <SelectField label="Who may help" choices={AUDIENCES} value={audience} onChange={onAudience} />}
      <CopyField label="Invite link" text={inviteUrl} />
      {'share' in navigator && <Button onPress={() => void share(inviteUrl)}>Share…</Button>}
      <details>
        <summary>QR code</summary>
        <QrCode text={inviteUrl} label="The invite link as a QR code" />
      </details>
      {onReplace && <ReplaceLink onReplace={onReplace} />}
      <div class="share-panel__here">
        <Button onPress={onOpenWindow} primary testId="open-volunteer">
          Open a volunteer window here
        </Button>
        <p class="soft small">
          Tries it out on this machine, in a window of its own since browsers slow hidden tabs down. Where is then set
          to Volunteers: left on Auto, a single machine would keep its frames.
        </p>
      </div>
    </Panel>
  );
}

async function share(url: string): Promise<void> {
  try {
    await navigator.share({ title: 'P2C2R', text: 'Lend my game your graphics card:', url });
  } catch {
    // The person closed the share sheet; the link is still there to copy.
  }
}
