import { useRef, useState } from 'preact/hooks';
import './share-panel.css';
import { showInviteCode } from '../../shared/invite-code.ts';
import { AddressField, type AddressFieldProps } from '../ui/address-field.tsx';
import { Button } from '../ui/buttons.tsx';
import { type Choice, CopyField, SelectField } from '../ui/fields.tsx';
import { Panel } from '../ui/layout.tsx';
import { QrCode } from '../ui/qr-code.tsx';
import { SeenLink } from '../ui/seen-link.tsx';
import { LanNotice, useLan } from './lan-notice.tsx';
import { describedByFailure, SessionFailure } from './notices.tsx';
import type { Audience, GamerSession } from './session.ts';

const GET_HELP_ID = 'get-help';

const AUDIENCES: readonly Choice<Audience>[] = [
  { value: 'room', label: 'Only people I share the room with' },
  { value: 'lobby', label: 'Anyone in the lobby' },
];

interface SharePanelProps {
  session: GamerSession;
  address: Pick<AddressFieldProps, 'audience' | 'hasRelay' | 'onChange'>;
  onOpenWindow: () => void;
}

const HELPERS = { invited: 'People with my link', everyone: 'All volunteers' };

/** Ways to get volunteers: the invite link, the lobby, and a window on this machine. */
export function SharePanel({ session, address, onOpenWindow }: SharePanelProps) {
  const { link } = session;
  const client = session.client.value;
  const lan = useLan();
  const url = link.url.value;
  const describedBy = describedByFailure(session, 'link');
  const codeField = useRef<HTMLInputElement>(null);
  if (!url && client && !client.mayInvite) {
    return (
      <Panel title="Get help" id={GET_HELP_ID}>
        <p class="soft">Only the owner of this room invites volunteers. Ask the owner to send them the link.</p>
        <SessionFailure session={session} at="link" />
      </Panel>
    );
  }
  const isWaiting = !url || lan === undefined;
  // Until there is a link, this one stands in for it: any takes the same space.
  const inviteUrl = url || location.href;
  const code = link.code.value;
  // Null where there is no choice.
  const audience = session.hasLobby.value ? session.audience.value : null;
  // Other rooms can be joined by name, so revoking a link would not keep anybody out.
  const canReplace = isWaiting || (session.isOwner.value && client?.isInviteOnly === true);
  const content = (
    <>
      <p class="soft small">
        Send this link to a friend with a good graphics card; there is nothing to install.{' '}
        {audience === 'lobby' ? 'People with the link, and anyone in the lobby,' : 'Only people with the link'} can
        help. <strong>Volunteers see the frames they sharpen.</strong> <SeenLink />
      </p>
      <LanNotice lan={lan ?? null} />
      {audience && (
        <SelectField
          label="Who may help"
          choices={AUDIENCES}
          value={audience}
          onChange={(chosen) => session.setAudience(chosen)}
        />
      )}
      <AddressField {...address} people={HELPERS} />
      <CopyField label="Invite link" text={inviteUrl} />
      {code === null ? (
        <Button
          onPress={() => void session.shortenLink()}
          describedBy={describedBy}
          successor={() => codeField.current}
          testId="short-code"
        >
          Short code
        </Button>
      ) : (
        <CopyField label={`Or a code, to type at ${typingPlace()}`} text={showInviteCode(code)} place={codeField} />
      )}
      {!isWaiting && <SessionFailure session={session} at="link" />}
      {'share' in navigator && <Button onPress={() => void share(inviteUrl)}>Share…</Button>}
      <details>
        <summary>QR code</summary>
        <QrCode text={link.shortUrl.value ?? inviteUrl} label="The invite link as a QR code" />
      </details>
      {canReplace && <ReplaceLink onReplace={() => session.replaceLink()} describedBy={describedBy} />}
      <div class="share-panel__here">
        <Button onPress={onOpenWindow} primary testId="open-volunteer">
          Open a volunteer window here
        </Button>
        <p class="soft small">
          Tries it out on this machine. It is a separate window because browsers slow down hidden tabs. The setting
          “Where” changes to “Volunteers”: with “Auto”, this computer would often do the work itself.
        </p>
      </div>
    </>
  );
  return (
    <Panel title="Get help" id={GET_HELP_ID}>
      {isWaiting ? (
        <div class="share-panel__waiting">
          <div>
            {/* Stands in for the controls of the link until there is one, and receives the focus when that failed. */}
            <p class="soft" tabIndex={-1} aria-describedby={describedBy}>
              Your invite link appears here once the room is open.
            </p>
            <SessionFailure session={session} at="link" />
          </div>
          {/* Unseen, it keeps the room that the link and all around it will take. */}
          <div class="share-panel__unseen" inert>
            {content}
          </div>
        </div>
      ) : (
        content
      )}
    </Panel>
  );
}

/** Brings the invite link into view, selected. */
export function showInvite(): void {
  const panel = document.getElementById(GET_HELP_ID);
  panel?.scrollIntoView();
  panel?.querySelector<HTMLElement>('.copy-field input')?.focus({ preventScroll: true });
}

/** Where the friend types the code: the volunteer page of this server, without what nobody needs to type. */
function typingPlace(): string {
  const { host, pathname } = new URL('volunteer', location.href);
  return host + pathname;
}

async function share(url: string): Promise<void> {
  try {
    await navigator.share({ title: 'P2C2R', text: 'Lend my game your graphics card:', url });
  } catch {
    // The person closed the share sheet; the link is still there to copy.
  }
}

interface ReplaceLinkProps {
  onReplace: () => Promise<boolean>;
  describedBy: string | undefined;
}

/** Replaces a link that went to the wrong people. Collapsed, since few people need it. */
function ReplaceLink({ onReplace, describedBy }: ReplaceLinkProps) {
  const [state, setState] = useState<'idle' | 'busy' | 'done'>('idle');
  const replace = async () => {
    setState('busy');
    setState((await onReplace()) ? 'done' : 'idle');
  };
  return (
    <details>
      <summary>Revoke this link</summary>
      <div class="share-panel__replace">
        <p class="soft small">
          Makes a new link. People who have this one and have not joined yet can no longer join; volunteers who are here
          stay.
        </p>
        <Button onPress={() => void replace()} isOff={state === 'busy'} describedBy={describedBy} testId="replace-link">
          Make a new link
        </Button>
        <p class="share-panel__replaced small" role="status">
          {state === 'done' && 'Done: the old link no longer works.'}
        </p>
      </div>
    </details>
  );
}
