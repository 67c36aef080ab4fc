import { useState } from 'preact/hooks';
import { MeshError } from '../../shared/errors.ts';
import { type Invite, parseInviteLink, startPermitOf } from '../../shared/invite.ts';
import { codeInLink, readInviteCode, showInviteCode } from '../../shared/invite-code.ts';
import { parseUrl } from '../../shared/older-browsers.ts';
import { Button } from '../ui/buttons.tsx';
import { TextField } from '../ui/fields.tsx';
import { Panel } from '../ui/layout.tsx';

/** The invite in the page's address. */
export interface InvitedRoom {
  invite: Invite | null;
  /** Code of a short link, until the invite that it stands for is known. */
  code: string | null;
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
  return {
    invite,
    code: invite ? null : codeInLink(pageUrl),
    isConsented: invite !== null && permit !== '' && mayStart(invite, permit),
  };
}

/** A pasted or typed text. `elsewhere`: an invite to another server, whose rooms this page cannot join. */
export type Pasted =
  | { kind: 'invite'; invite: Invite }
  | { kind: 'code'; code: string }
  | { kind: 'elsewhere'; url: string; host: string }
  | { kind: 'nothing' };

export function pastedInvite(text: string, pageUrl: string): Pasted {
  const code = readInviteCode(text);
  if (code !== null) return { kind: 'code', code };
  // Who types a link leaves out how it begins. Nothing else is read as an address: never link to other protocols, such as `javascript:`.
  const link = /^https?:/i.test(text.trim()) ? text.trim() : `${new URL(pageUrl).protocol}//${text.trim()}`;
  const url = parseUrl(link);
  if (!url) return { kind: 'nothing' };
  const here = serverOf(new URL(pageUrl));
  const short = codeInLink(link);
  if (short !== null && serverOf(url) === here) return { kind: 'code', code: short };
  const invite = parseInviteLink(link);
  if (invite && serverOf(url) === here) return { kind: 'invite', invite };
  return invite || short !== null ? { kind: 'elsewhere', url: link, host: url.host } : { kind: 'nothing' };
}

/** Several servers may share a host, each with a path of its own. */
function serverOf({ host, pathname }: URL): string {
  return host + pathname.replace(/[^/]*$/, '');
}

interface InviteFormProps {
  /**
   * Of the short link that led here. It waits for the button: a page of another site may lead its visitors to any code, and each wrong one counts
   * against them; so may the programs that open links to check them.
   */
  code: string | null;
  /** Finds the invite that a code stands for; null when it is not one for volunteers, and its own page opens. Rejects with a MeshError. */
  lookUp: (code: string) => Promise<Invite | null>;
  onInvite: (invite: Invite) => void;
  /** Starts in the open lobby; null when there is none. */
  onLobby: (() => void) | null;
  /** Whether the gamers of the lobby would see this machine's network address. */
  isAddressShown: boolean;
  /** False just after the page came into view. */
  isSettled: boolean;
}

/** For people without a valid invite. */
export function InviteForm({ code, lookUp, onInvite, onLobby, isAddressShown, isSettled }: InviteFormProps) {
  const [text, setText] = useState(code === null ? '' : showInviteCode(code));
  const [pasted, setPasted] = useState<Pasted | null>(null);
  const [isLookingUp, setLookingUp] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  const use = async () => {
    if (isLookingUp) return;
    const found = pastedInvite(text, location.href);
    setPasted(found);
    setRefusal(null);
    if (found.kind === 'invite') onInvite(found.invite);
    if (found.kind !== 'code') return;
    setLookingUp(true);
    try {
      const invite = await lookUp(found.code);
      if (invite) onInvite(invite);
    } catch (cause) {
      setRefusal(MeshError.from(cause, 'signaling-unreachable').message);
    } finally {
      setLookingUp(false);
    }
  };

  return (
    <Panel title="Who are you helping?">
      <p class="soft">
        A gamer’s invite link says whose frames this machine sharpens. Ask a gamer for one, then open it or paste it
        here; or type the code that the gamer’s page shows below it.
      </p>
      <form
        class="invite-form"
        onSubmit={(event) => {
          event.preventDefault();
          void use();
        }}
      >
        <TextField
          label="Invite link or code"
          value={text}
          onChange={setText}
          placeholder="https://…/volunteer#room=… or K7QF-2M9X"
        />
        <Button onPress={() => void use()} primary disabled={!isSettled} isOff={isLookingUp} testId="use-invite">
          {isLookingUp ? 'Looking it up…' : 'Use this invite'}
        </Button>
      </form>
      <p class="invite-form__wrong" role="alert">
        {pasted?.kind === 'nothing' &&
          'This is neither an invite link nor a code. Copy the whole link from the gamer’s page, which contains “#room=”, or type the eight characters of the code.'}
        {refusal}
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
