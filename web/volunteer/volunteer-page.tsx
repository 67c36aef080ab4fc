import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Invite } from '../../shared/invite.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type { Offers } from '../../shared/server-status.ts';
import type { VolunteerLimits } from '../sdk/types.ts';
import { type AddressAudience, AddressField, hidesAddress } from '../ui/address-field.tsx';
import { Button } from '../ui/buttons.tsx';
import { CopyDiagnostics } from '../ui/copy-diagnostics.tsx';
import { TextField } from '../ui/fields.tsx';
import { CheckLink, Notice, PageHeader, Panel, PollingNotice, StatusLine } from '../ui/layout.tsx';
import { ModelProgress } from '../ui/model-progress.tsx';
import { SeenLink } from '../ui/seen-link.tsx';
import { useSettled } from '../ui/settled.ts';
import { CapabilitiesPanel } from './capabilities-panel.tsx';
import { type InvitedRoom, InviteForm } from './invite-form.tsx';
import { LimitsPanel } from './limits-panel.tsx';
import { volunteerErrorTitle, volunteerStatus } from './messages.ts';
import { RequestPanel } from './request-panel.tsx';
import './volunteer-page.css';
import { Stat, Stats } from '../ui/figures.tsx';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from '../ui/format.ts';
import { isTestable } from '../ui/labels.ts';
import { type ChartLine, LiveChart } from '../ui/live-chart.tsx';
import { CHART_WINDOW_S, type Figures, type Volunteering } from './volunteering.ts';

interface VolunteerPageProps {
  volunteering: Volunteering;
  invited: InvitedRoom;
  /** See {@link InviteForm}. */
  lookUp: (code: string) => Promise<Invite | null>;
  findOffers: () => Promise<Offers>;
  name: string;
  onName: (name: string) => void;
  limits: VolunteerLimits;
  onLimits: (limits: VolunteerLimits) => void;
  addressAudience: AddressAudience;
  onAddressAudience: (audience: AddressAudience) => void;
}

const HELPED = { invited: 'People who invited me', everyone: 'Those I help' };

/** The volunteer page. */
export function VolunteerPage({ volunteering, invited, lookUp, findOffers, ...kept }: VolunteerPageProps) {
  const invite = useSignal<Invite | null>(invited.invite);
  /** Of the short link that led here, until it is looked up: a form that comes back with a refused invite must not hide why. */
  const code = useSignal(invited.code);
  const offers = useSignal<Offers>({ lobby: false, relay: false });
  const name = useSignal(kept.name);
  const addressAudience = useSignal(kept.addressAudience);
  const isSettled = useSettled();
  /** A start before that could show an address that is to be hidden. */
  const areOffersKnown = useSignal(false);
  const limits = useSignal(kept.limits);
  const phase = volunteering.phase.value;
  const error = volunteering.error.value;
  const warning = volunteering.warning.value;
  const figures = volunteering.figures.value;
  const isPausedByHand = volunteering.isPausedByHand.value;
  const heldBy = volunteering.limitStates.value.map(({ what }) => what);
  const pauses = isPausedByHand && heldBy.length > 0 ? ['by you', ...heldBy] : heldBy;
  const needsInvite = !invite.value || error?.reason === 'not-invited';
  const isOn = phase !== 'off' && phase !== 'failed';
  /** Somebody asks, and has not been helped yet. */
  const isAsked = !needsInvite && !isOn && figures === null;

  /** @param where - null: the lobby */
  const start = (where: Invite | null) => {
    kept.onName(name.value);
    const relayOnly = offers.value.relay && hidesAddress(addressAudience.value, where === null);
    void volunteering.start({ invite: where, name: name.value.trim(), limits: limits.value, relayOnly });
  };

  const startButton = (
    <Button
      onPress={() => start(invite.value)}
      primary
      disabled={needsInvite || !isSettled || !areOffersKnown.value}
      testId="start"
    >
      Start
    </Button>
  );

  // Only when the page opens; later starts are the person's decision.
  useEffect(() => {
    void findOffers().then((found) => {
      offers.value = found;
      areOffersKnown.value = true;
      if (invited.isConsented) start(invited.invite);
    });
  }, []);

  return (
    <>
      <PageHeader title="Volunteer">Close this page and it stops</PageHeader>
      <main class="volunteer">
        <div class="volunteer__control">
          <StatusLine
            detail=""
            {...volunteerStatus(phase, figures?.stats ?? null, pauses, figures?.helpedMs)}
            testId="status"
          />
          <ModelProgress fetches={volunteering.fetches.value} />
          {error && (
            <Notice title={volunteerErrorTitle(error)} text={error.message} isError>
              {isTestable(error.reason) && <CheckLink />}
            </Notice>
          )}
          {warning && (
            <Notice title={volunteerErrorTitle(warning)} text={warning.message}>
              <Button onPress={() => (volunteering.warning.value = null)}>Dismiss</Button>
              {isTestable(warning.reason) && <CheckLink />}
            </Notice>
          )}
          {isOn && volunteering.isPolling.value && <PollingNotice />}
          {needsInvite && !isOn && (
            <InviteForm
              code={code.value}
              lookUp={lookUp}
              onInvite={(found) => {
                invite.value = found;
                code.value = null;
                volunteering.clearFailure();
              }}
              onLobby={offers.value.lobby ? () => start(null) : null}
              isAddressShown={!offers.value.relay || !hidesAddress(addressAudience.value, true)}
              isSettled={isSettled}
            />
          )}
          {isAsked && (
            <RequestPanel
              from={invite.value?.from}
              isAddressShown={!offers.value.relay || !hidesAddress(addressAudience.value, false)}
              acceptModelsFrom={limits.value.acceptModelsFrom}
            >
              <div class="volunteer__buttons">{startButton}</div>
            </RequestPanel>
          )}
          {/* A key of its own, so that Start is not animated out of Pause and Stop, which leave with the figures below them. */}
          <div class="volunteer__buttons" key={isOn ? 'on' : 'off'}>
            {!isOn && !isAsked && startButton}
            {isOn && (
              <Button
                onPress={() => (isPausedByHand ? volunteering.resume() : volunteering.pause())}
                primary
                disabled={phase === 'starting'}
                testId="pause"
              >
                {isPausedByHand ? 'Resume' : 'Pause'}
              </Button>
            )}
            {isOn && (
              <Button onPress={() => void volunteering.stop()} testId="stop">
                Stop
              </Button>
            )}
          </div>
          {(isOn || figures) && <FiguresPanel figures={figures} />}
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
            <AddressField
              audience={addressAudience.value}
              onChange={(chosen) => {
                addressAudience.value = chosen;
                kept.onAddressAudience(chosen);
              }}
              hasRelay={offers.value.relay}
              people={HELPED}
              disabled={isOn}
            />
            <p class="soft small">
              Gamers send you pictures and tasks, and get the results back. They cannot run their own code on this
              machine. They see its graphics card, its speed and this name. <SeenLink />
            </p>
          </Panel>
          <LimitsPanel
            limits={limits.value}
            bytesToday={figures?.stats.bytesToday ?? null}
            onChange={(changed) => {
              limits.value = changed;
              kept.onLimits(changed);
              volunteering.setLimits(changed);
            }}
          />
        </div>
        <CopyDiagnostics collect={() => volunteering.diagnose()} />
      </main>
    </>
  );
}

const LINES: readonly [ChartLine, ChartLine] = [
  { name: 'Frames', colour: 'accent', unit: 'per second' },
  { name: 'Load', colour: 'blue', unit: '%', top: 100 },
];

const NO_COLUMNS: Figures['columns'] = [[], [], []];

/**
 * What this machine has contributed, and its current load.
 * @param figures - null while it measures itself: then all of them are zero, and take the room that they will have
 */
export function FiguresPanel({ figures }: { figures: Figures | null }) {
  const stats = figures?.stats;
  const [load, helpedMs] = [stats?.load ?? 0, figures?.helpedMs ?? 0];
  return (
    <div class="volunteer__figures">
      <Stats>
        <Stat label="Frames given" value={formatCount(stats?.framesDone ?? 0)} testId="frames" />
        <Stat label="Tasks done" value={formatCount(stats?.tasksDone ?? 0)} testId="tasks" />
        <Stat label="Time helping" value={formatDuration(helpedMs)} testId="helped" />
        <Stat label="Time computing" value={formatDuration(stats?.busyMs ?? 0)} />
        <Stat label="Gamers now" value={formatCount(stats?.gamers ?? 0)} testId="gamers" />
        <Stat label="Load" value={formatPercent(load)} testId="load" />
        <Stat label="Data in" value={formatBytes(stats?.bytesIn ?? 0)} />
        <Stat label="Data out" value={formatBytes(stats?.bytesOut ?? 0)} />
      </Stats>
      <LiveChart
        lines={LINES}
        columns={figures?.columns ?? NO_COLUMNS}
        windowS={CHART_WINDOW_S}
        summary={`The last minute: now ${formatRate(figures?.framesPerS ?? 0)} frames a second at a load of ${formatPercent(load)}.`}
      />
    </div>
  );
}
