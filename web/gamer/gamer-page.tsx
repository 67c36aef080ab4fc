import type { ReadonlySignal } from '@preact/signals';
import { randomId } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { parseInviteLink, startPurpose, withStartPermit } from '../../shared/invite.ts';
import { type AddressAudience, rememberAudience } from '../ui/address-field.tsx';
import { useDroppedFile } from '../ui/drop-target.ts';
import { type Choice, Segmented } from '../ui/fields.tsx';
import { nameStore } from '../ui/friendly-name.ts';
import { PageHeader, Panel, StatusLine } from '../ui/layout.tsx';
import { ModelProgress } from '../ui/model-progress.tsx';
import { grantPermit } from '../ui/one-time-permit.ts';
import { canOpenPictureWindow } from '../ui/picture-window.ts';
import type { StartingWindow, StartingWindows } from '../ui/starting-windows.ts';
import { Advice } from './advice.tsx';
import { offeredCaptures } from './capture.ts';
import type { FloatingPicture } from './floating-picture.ts';
import { PictureStage } from './picture-stage.tsx';
import './gamer-page.css';
import type { GameWork } from '../game/game-work.ts';
import type { StreamQuality, Where } from '../sdk/types.ts';
import { GamerDetails } from './gamer-details.tsx';
import { JoinQuestion } from './join-question.tsx';
import { gamerStatus } from './messages.ts';
import { useNewcomers } from './newcomers.ts';
import { Notices } from './notices.tsx';
import type { Player } from './player.ts';
import { RadioCaption } from './radio.tsx';
import type { Recorder } from './recorder.ts';
import { type Mode, type PageChoices, rememberChoices } from './remembered-choices.ts';
import type { GamerSession } from './session.ts';
import { SharePanel, showInvite } from './share-panel.tsx';
import type { PageSound } from './sound/page-sound.ts';
import { ScreenSoundChoice } from './sound/sound-controls.tsx';
import { SourcePicker } from './source-picker.tsx';

interface GamerPageProps {
  session: GamerSession;
  player: Player;
  gameWork: GameWork;
  recorder: Recorder;
  floating: FloatingPicture;
  sound: PageSound;
  /** The volunteer's windows that this page opens. */
  windows: Pick<StartingWindows, 'opened'>;
  /** What one of them does before it is linked. */
  starting: ReadonlySignal<StartingWindow | null>;
  name: string;
  clock: Clock;
  /** Makes a report for diagnosing a problem. */
  diagnose: () => Promise<object>;
}

const MODES: readonly Choice<Mode>[] = [
  { value: 'play', label: 'Play' },
  { value: 'compare', label: 'Compare' },
];

/** The gamer page: the picture, who may help and what is played at once, and all else under Details. */
export function GamerPage(props: GamerPageProps) {
  const { session, player, gameWork, recorder, floating, windows, sound, name, clock, diagnose } = props;
  const phase = session.phase.value;
  const volunteers = session.volunteers.value;
  const report = player.report.value;
  const [mode, where, quality, scale] = [
    player.mode.value,
    player.where.value,
    player.quality.value,
    player.scale.value,
  ];
  const isDropping = useDroppedFile((file) => void player.chooseFile(file));
  const isBroken = player.error.value !== null;
  const { kind } = player.choice.value;
  const isPaused = player.source.value?.play?.isPaused.value ?? false;
  const starting = props.starting.value;
  const newcomers = useNewcomers(volunteers, report, clock);
  const interrupted = session.interrupted.value;
  const set = settings(player);

  return (
    <>
      <PageHeader title="Gamer">You are {name}</PageHeader>
      <main class={`gamer gamer--${mode}${isDropping ? ' gamer--dropping' : ''}`}>
        <div class="gamer__stage">
          <div class="gamer__head">
            <StatusLine
              {...gamerStatus({
                phase,
                report,
                where,
                isBroken,
                isPaused,
                volunteers,
                newcomers,
                interrupted,
                starting,
              })}
              testId="status"
            />
            <Segmented legend="Picture" choices={MODES} value={mode} onChange={set.mode} testId="mode" />
          </div>
          {phase === 'asking' && (
            <JoinQuestion
              address={addressChoice(session)}
              onJoin={() => void session.agree()}
              onOwnRoom={() => location.assign('gamer')}
            />
          )}
          {/* Also without a picture, whose room it keeps: why there is none is told below it. */}
          <PictureStage player={player} floating={floating} sound={sound} />
          {kind === 'game' && <RadioCaption radio={gameWork.radio} />}
          <Notices session={session} player={player} />
          <Advice
            situation={{
              ...{ report: isPaused ? null : report, source: kind, where, quality, scale, volunteers },
              isHelpComing: starting !== null || newcomers.length > 0 || interrupted > 0,
            }}
            clock={clock}
            onScale={set.scale}
            onQuality={set.quality}
            onWhere={set.where}
            onHelp={showInvite}
          />
          <ModelProgress fetches={session.fetches.value} />
        </div>
        <div class="gamer__side">
          <Panel title="Source">
            <SourcePicker
              choice={player.choice.value}
              hasEnded={player.hasEnded}
              captures={offeredCaptures()}
              refusal={player.refusal.value}
              onDismiss={() => (player.refusal.value = null)}
              onChoose={(choice) => void player.choose(choice)}
              onCapture={(captured) => void player.startCapture(captured)}
              onStopCapture={() => void player.stopCapture()}
              isFloating={player.after && canOpenPictureWindow() ? floating.window.value !== null : null}
              onFloat={() => void floating.toggle()}
              screenSound={<ScreenSoundChoice sound={sound} choice={player.choice.value} />}
            />
          </Panel>
          <SharePanel
            session={session}
            address={addressChoice(session)}
            onOpenWindow={() => {
              const url = session.link.url.value;
              if (!url) return;
              openVolunteerWindow(url);
              windows.opened();
              // Not remembered: on the next visit the window is closed, and nobody else may have come.
              player.setWhere('volunteers');
            }}
          />
        </div>
        <GamerDetails
          {...{ session, player, gameWork, recorder, diagnose }}
          onWhere={set.where}
          onQuality={set.quality}
          onScale={set.scale}
        />
      </main>
    </>
  );
}

/** What the person chooses holds at once, and on the next visit. */
function settings(player: Player) {
  const remember = (chosen: Partial<PageChoices>) => rememberChoices(nameStore(), chosen);
  return {
    mode: (mode: Mode) => {
      player.mode.value = mode;
      remember({ mode });
    },
    where: (where: Where) => {
      player.setWhere(where);
      remember({ where });
    },
    quality: (quality: StreamQuality) => {
      player.setQuality(quality);
      remember({ quality });
    },
    scale: (scale: number) => {
      void player.setScale(scale);
      remember({ scale });
    },
  };
}

function addressChoice(session: GamerSession) {
  return {
    audience: session.addressAudience.value,
    hasRelay: session.hasRelay.value,
    onChange: (chosen: AddressAudience) => {
      rememberAudience(nameStore(), chosen);
      session.setAddressAudience(chosen);
    },
  };
}

/** `noopener` gives the window its own process, so that the two pages do not share a main thread. */
const FEATURES = 'popup,noopener,width=520,height=760';

/** The person on this machine has agreed by pressing the button, so the window starts without asking. */
function openVolunteerWindow(inviteUrl: string): void {
  const invite = parseInviteLink(inviteUrl);
  const permit = randomId();
  const isGranted = invite !== null && grantPermit(nameStore(), startPurpose(invite), permit, Date.now());
  window.open(isGranted ? withStartPermit(inviteUrl, permit) : inviteUrl, '_blank', FEATURES);
}
