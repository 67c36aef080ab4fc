import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Invite } from '../../shared/invite.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { VOLUNTEER } from '../sdk/tuning.ts';
import { Button } from '../ui/buttons.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { ModelProgress } from '../ui/model-progress.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Panel } from '../ui/panel.tsx';
import type { Choice } from '../ui/segmented.tsx';
import { StatusLine } from '../ui/status-line.tsx';
import { CapabilitiesPanel } from './capabilities-panel.tsx';
import { FiguresPanel } from './figures-panel.tsx';
import { InviteForm } from './invite-form.tsx';
import type { InvitedRoom } from './invites.ts';
import { statusOf, volunteerErrorTitle } from './messages.ts';
import './volunteer-page.css';
import type { Volunteering } from './volunteering.ts';

const MAX_GAMERS: readonly Choice<string>[] = ['1', '2', '4', '8'].map((value) => ({ value, label: value }));

interface VolunteerPageProps {
  volunteering: Volunteering;
  invited: InvitedRoom;
  findLobby: () => Promise<boolean>;
  name: string;
  onName: (name: string) => void;
}

/** The volunteer page. */
export function VolunteerPage({ volunteering, invited, findLobby, name: firstName, onName }: VolunteerPageProps) {
  const invite = useSignal<Invite | null>(invited.invite);
  const isLobbyOpen = useSignal(false);
  const name = useSignal(firstName);
  const maxGamers = useSignal<number>(VOLUNTEER.maxGamers);
  const phase = volunteering.phase.value;
  const error = volunteering.error.value;
  const warning = volunteering.warning.value;
  const figures = volunteering.figures.value;
  const needsInvite = !invite.value || error?.reason === 'not-invited';
  const isOn = phase !== 'off' && phase !== 'failed';

  /** @param where - null: the lobby */
  const start = (where: Invite | null) => {
    onName(name.value);
    void volunteering.start({ invite: where, name: name.value.trim(), maxGamers: maxGamers.value });
  };

  // Only when the page opens; later starts are the person's decision.
  useEffect(() => {
    if (invited.isConsented) start(invited.invite);
  }, []);

  useEffect(() => {
    if (needsInvite) void findLobby().then((isOpen) => (isLobbyOpen.value = isOpen));
  }, [needsInvite]);

  return (
    <>
      <PageHeader title="Volunteer">Close this page and it stops</PageHeader>
      <main class="volunteer">
        <div class="volunteer__control">
          <StatusLine {...statusOf(phase, figures?.stats ?? null)} testId="status" />
          <ModelProgress fetches={volunteering.fetches.value} />
          {error && <Notice title={volunteerErrorTitle(error)} text={error.message} isError />}
          {warning && (
            <Notice title={volunteerErrorTitle(warning)} text={warning.message}>
              <Button onPress={() => (volunteering.warning.value = null)}>Dismiss</Button>
            </Notice>
          )}
          {needsInvite && !isOn && (
            <InviteForm
              onInvite={(found) => {
                invite.value = found;
                volunteering.clearFailure();
              }}
              onLobby={isLobbyOpen.value ? () => start(null) : null}
            />
          )}
          <div class="volunteer__buttons">
            {!isOn && (
              <Button onPress={() => start(invite.value)} primary disabled={needsInvite} testId="start">
                Start
              </Button>
            )}
            {isOn && (
              <Button
                onPress={() => (phase === 'paused' ? volunteering.resume() : volunteering.pause())}
                primary
                disabled={phase === 'starting'}
                testId="pause"
              >
                {phase === 'paused' ? 'Resume' : 'Pause'}
              </Button>
            )}
            {isOn && (
              <Button onPress={() => void volunteering.stop()} testId="stop">
                Stop
              </Button>
            )}
          </div>
          {figures && <FiguresPanel figures={figures} />}
          <CapabilitiesPanel capabilities={volunteering.capabilities.value} />
        </div>
        <div class="volunteer__side">
          <Panel title="Your settings">
            <TextField
              label="Name shown to gamers"
              value={name.value}
              onChange={(changed) => (name.value = changed)}
              maxLength={SIGNALING.maxNameChars}
              disabled={isOn}
            />
            <SelectField
              label="Gamers at a time, at most"
              choices={MAX_GAMERS}
              value={String(maxGamers.value)}
              onChange={(chosen) => {
                maxGamers.value = Number(chosen);
                volunteering.setMaxGamers(maxGamers.value);
              }}
            />
            <p class="soft small">
              Gamers send you pictures and get sharper ones back. Their pages cannot run code on this machine. They only
              see its speed, this name and, as with any video call, its network address.
            </p>
          </Panel>
        </div>
      </main>
    </>
  );
}
