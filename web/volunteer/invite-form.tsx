import { useState } from 'preact/hooks';
import { type Invite, parseInviteLink } from '../../shared/invite.ts';
import { z } from '../../shared/zod.ts';
import { Button } from '../ui/buttons.tsx';
import { TextField } from '../ui/fields.tsx';
import { Panel } from '../ui/layout.tsx';

/** The invite in the page's address. */
export interface InvitedRoom {
  invite: Invite | null;
  /** The gamer page on this machine opened this window, so the person has already agreed. */
  isConsented: boolean;
}

export function invitedRoom(pageUrl: string): InvitedRoom {
  const invite = parseInviteLink(pageUrl);
  const isConsented = new URLSearchParams(new URL(pageUrl).hash.slice(1)).get('start') === '1';
  return { invite, isConsented: invite !== null && isConsented };
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
  const { protocol, host } = new URL(link);
  if (host === new URL(pageUrl).host) return { kind: 'invite', invite };
  // Never link to other protocols, such as `javascript:`.
  return /^https?:$/.test(protocol) ? { kind: 'elsewhere', url: link, host } : { kind: 'nothing' };
}

const healthSchema = z.object({ lobby: z.boolean() });

/** Whether this page's server has an open lobby. False when the server is unreachable; starting then reports it. */
export async function hasLobby(): Promise<boolean> {
  try {
    const response = await fetch('/healthz');
    return healthSchema.parse(await response.json()).lobby;
  } catch {
    return false;
  }
}

interface InviteFormProps {
  onInvite: (invite: Invite) => void;
  /** Starts in the open lobby; null when there is none. */
  onLobby: (() => void) | null;
}

/** For people without a valid invite. */
export function InviteForm({ onInvite, onLobby }: InviteFormProps) {
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
          <p class="soft">Or help anyone: this server has an open lobby, and assigns you fairly.</p>
          <Button onPress={onLobby} testId="lobby">
            Help anyone in the lobby
          </Button>
        </div>
      )}
    </Panel>
  );
}
