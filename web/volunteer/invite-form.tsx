import { useState } from 'preact/hooks';
import { type Invite, parseInviteLink, startPermitOf } from '../../shared/invite.ts';
import { type Offers, offersSchema } from '../../shared/server-status.ts';
import { Button } from '../ui/buttons.tsx';
import { TextField } from '../ui/fields.tsx';
import { Panel } from '../ui/layout.tsx';

/** The invite in the page's address. */
export interface InvitedRoom {
  invite: Invite | null;
  /** The gamer page on this machine opened this window, so the person has already agreed. */
  isConsented: boolean;
}

/**
 * Anybody can write an address, so it starts nothing by itself: only with a permit that the gamer page on this machine granted.
 *
 * @param mayStart - whether the permit is good for this invite; using it up is its business
 */
export function invitedRoom(pageUrl: string, mayStart: (invite: Invite, permit: string) => boolean): InvitedRoom {
  const invite = parseInviteLink(pageUrl);
  const permit = startPermitOf(pageUrl);
  return { invite, isConsented: invite !== null && permit !== '' && mayStart(invite, permit) };
}

/** A pasted text. `elsewhere`: an invite to another server, whose rooms this page cannot join. */
export type Pasted =
  | { kind: 'invite'; invite: Invite }
  | { kind: 'elsewhere'; url: string; host: string }
  | { kind: 'nothing' };

export function pastedInvite(text: string, pageUrl: string): Pasted {
  const link = text.trim();
  const invite = URL.canParse(link) ? parseInviteLink(link) : null;
  if (!invite) return { kind: 'nothing' };
  const url = new URL(link);
  const { protocol, host } = url;
  if (serverOf(url) === serverOf(new URL(pageUrl))) return { kind: 'invite', invite };
  // Never link to other protocols, such as `javascript:`.
  return /^https?:$/.test(protocol) ? { kind: 'elsewhere', url: link, host } : { kind: 'nothing' };
}

/** Several servers may share a host, each with a path of its own. */
function serverOf({ host, pathname }: URL): string {
  return host + pathname.replace(/[^/]*$/, '');
}

/** Start waits for the answer; a server that takes longer is away. */
const OFFERS_TIMEOUT_MS = 5_000;

/** What this page's server offers. Nothing when the server is unreachable; starting then reports it. */
export async function serverOffers(): Promise<Offers> {
  try {
    const response = await fetch(new URL('healthz', location.href), { signal: AbortSignal.timeout(OFFERS_TIMEOUT_MS) });
    return offersSchema.parse(await response.json());
  } catch {
    return { lobby: false, relay: false };
  }
}

interface InviteFormProps {
  onInvite: (invite: Invite) => void;
  /** Starts in the open lobby; null when there is none. */
  onLobby: (() => void) | null;
  /** Whether the gamers of the lobby would see this machine's network address. */
  isAddressShown: boolean;
  /** False just after the page came into view. */
  isSettled: boolean;
}

/** For people without a valid invite. */
export function InviteForm({ onInvite, onLobby, isAddressShown, isSettled }: InviteFormProps) {
  const [text, setText] = useState('');
  const [pasted, setPasted] = useState<Pasted | null>(null);
  const use = () => {
    const found = pastedInvite(text, location.href);
    setPasted(found);
    if (found.kind === 'invite') onInvite(found.invite);
  };
  return (
    <Panel title="Who are you helping?">
      <p class="soft">
        A gamer’s invite link says whose frames this machine sharpens. Ask a gamer for one, then open it or paste it
        here.
      </p>
      <form
        class="invite-form"
        onSubmit={(event) => {
          event.preventDefault();
          use();
        }}
      >
        <TextField label="Invite link" value={text} onChange={setText} placeholder="https://…/volunteer#room=…" />
        <Button onPress={use} primary>
          Use this link
        </Button>
      </form>
      <p class="invite-form__wrong" role="alert">
        {pasted?.kind === 'nothing' &&
          'This is not an invite link. Copy the whole link from the gamer’s page; it contains “#room=”.'}
        {pasted?.kind === 'elsewhere' && (
          <>
            This link is for {pasted.host}, but this page is on {location.host}. <a href={pasted.url}>Open it there</a>.
          </>
        )}
      </p>
      {onLobby && (
        <div class="invite-form__lobby">
          <p class="soft">
            Or help anyone: this server has an open lobby, and assigns you fairly.{' '}
            {isAddressShown
              ? 'The gamers you help there are strangers and see this machine’s network address.'
              : 'The gamers you help there are strangers; the relay hides this machine’s network address from them.'}
          </p>
          <Button onPress={onLobby} disabled={!isSettled} testId="lobby">
            Help anyone in the lobby
          </Button>
        </div>
      )}
    </Panel>
  );
}
