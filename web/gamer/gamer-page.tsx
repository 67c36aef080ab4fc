import { randomId } from '../../shared/bytes.ts';
import { parseInviteLink, startPurpose, withStartPermit } from '../../shared/invite.ts';
import { type AddressAudience, rememberAudience } from '../ui/address-field.tsx';
import { CopyDiagnostics } from '../ui/copy-diagnostics.tsx';
import { useDroppedFile } from '../ui/drop-target.ts';
import { nameStore } from '../ui/friendly-name.ts';
import { PageHeader, Panel, StatusLine } from '../ui/layout.tsx';
import { ModelProgress } from '../ui/model-progress.tsx';
import { grantPermit } from '../ui/one-time-permit.ts';
import { canOpenPictureWindow } from '../ui/picture-window.ts';
import { offeredCaptures } from './capture.ts';
import { type FloatingPicture, PictureStage, SaveButtons } from './picture-stage.tsx';
import './gamer-page.css';
import type { GameWork } from '../game/game-work.ts';
import { GameHud } from './game-hud.tsx';
import { GamersPanel } from './gamers-panel.tsx';
import { LiveDetails, LiveFigures, StillDetails, StillFigures } from './hud.tsx';
import { JoinQuestion } from './join-question.tsx';
import { helpersOf, statusOf } from './messages.ts';
import { NoGpuNotice } from './no-gpu-notice.tsx';
import { Notices } from './notices.tsx';
import type { Player } from './player.ts';
import { RadioCaption } from './radio.tsx';
import type { Recorder } from './recorder.ts';
import type { GamerSession } from './session.ts';
import { SettingsRow, SourcePicker } from './settings-panel.tsx';
import { SharePanel } from './share-panel.tsx';
import { hasPicture } from './sharpening.ts';
import type { PageSound } from './sound/page-sound.ts';
import { ScreenSoundChoice } from './sound/sound-controls.tsx';
import { VolunteersPanel } from './volunteers-panel.tsx';

interface GamerPageProps {
  session: GamerSession;
  player: Player;
  gameWork: GameWork;
  recorder: Recorder;
  floating: FloatingPicture;
  sound: PageSound;
  name: string;
  /** Makes a report for diagnosing a problem. */
  diagnose: () => Promise<object>;
}

/** The gamer page. */
export function GamerPage({ session, player, gameWork, recorder, floating, sound, name, diagnose }: GamerPageProps) {
  const phase = session.phase.value;
  const volunteers = session.volunteers.value;
  const report = player.report.value;
  const where = player.where.value;
  const isDropping = useDroppedFile((file) => void player.chooseFile(file));
  const isBroken = player.error.value !== null;
  const helpers = helpersOf(report, volunteers);
  const isOwner = session.isOwner.value;
  // Other rooms can be joined by name, so revoking a link would not keep anybody out.
  const canReplace = isOwner && session.client.value?.isInviteOnly === true;

  const address = {
    audience: session.addressAudience.value,
    hasRelay: session.hasRelay.value,
    onChange: (chosen: AddressAudience) => {
      rememberAudience(nameStore(), chosen);
      session.setAddressAudience(chosen);
    },
  };

  return (
    <>
      <PageHeader title="Gamer">You are {name}</PageHeader>
      <main class={isDropping ? 'gamer gamer--dropping' : 'gamer'}>
        <div class="gamer__stage">
          <StatusLine
            {...statusOf({ phase, report, where, isBroken, volunteers, interrupted: session.interrupted.value })}
            testId="status"
          />
          <ModelProgress fetches={session.fetches.value} />
          {phase === 'asking' && (
            <JoinQuestion
              address={address}
              onJoin={() => void session.agree()}
              onOwnRoom={() => location.assign('gamer')}
            />
          )}
          <Notices session={session} player={player} />
          {(player.source.value || !isBroken) && <PictureStage player={player} floating={floating} sound={sound} />}
          {player.source.value?.kind === 'game' && <RadioCaption radio={gameWork.radio} />}
          <SaveButtons recorder={recorder} isEnabled={hasPicture(report)} />
          {report?.kind === 'image' ? (
            <StillFigures report={report} chosen={player.quality.value} helpers={helpers} />
          ) : (
            <LiveFigures report={report} quality={player.quality.value} helpers={helpers} />
          )}
          <NoGpuNotice
            report={report}
            chosen={player.quality.value}
            volunteers={volunteers}
            scale={player.scale.value}
            onScale={(chosen) => void player.setScale(chosen)}
          />
        </div>
        <div class="gamer__side">
          <SharePanel
            inviteUrl={session.link.url.value}
            code={session.link.code.value}
            shortUrl={session.link.shortUrl.value}
            onShorten={() => void session.shortenLink()}
            mayInvite={session.client.value?.mayInvite ?? true}
            onReplace={canReplace ? () => session.replaceLink() : null}
            audience={session.hasLobby.value ? session.audience.value : null}
            onAudience={(audience) => session.setAudience(audience)}
            address={address}
            onOpenWindow={() => {
              const url = session.link.url.value;
              if (!url) return;
              openVolunteerWindow(url);
              player.setWhere('volunteers');
            }}
          />
          <Panel title="Source and settings">
            <div class="gamer__settings">
              <SourcePicker
                choice={player.choice.value}
                hasEnded={player.hasEnded}
                captures={offeredCaptures()}
                onChoose={(choice) => void player.choose(choice)}
                onCapture={(kind) => void player.startCapture(kind)}
                isFloating={player.after && canOpenPictureWindow() ? floating.window.value !== null : null}
                onFloat={() => void floating.toggle()}
                screenSound={<ScreenSoundChoice sound={sound} choice={player.choice.value} />}
              />
              <SettingsRow
                where={where}
                quality={player.quality.value}
                scale={player.scale.value}
                onWhere={(chosen) => player.setWhere(chosen)}
                onQuality={(chosen) => player.setQuality(chosen)}
                onScale={(chosen) => void player.setScale(chosen)}
              />
              <a class="gamer__compare small" href="compare" target="_blank" rel="noopener">
                Compare the qualities
              </a>
            </div>
          </Panel>
          <VolunteersPanel
            volunteers={volunteers}
            shares={report?.kind === 'stream' ? report.stats.shares : null}
            onRemove={isOwner ? (id) => void session.removeVolunteer(id) : null}
          />
          {isOwner && (
            <GamersPanel
              gamers={session.gamers.value}
              onOpen={() => void session.listGamers()}
              onRemove={(id) => void session.removeGamer(id)}
            />
          )}
        </div>
        <div class="gamer__details">
          {player.source.value?.kind === 'game' && <GameHud work={gameWork} volunteers={volunteers} />}
          {report?.kind === 'stream' && <LiveDetails report={report} volunteers={volunteers} />}
          {report?.kind === 'image' && <StillDetails report={report} />}
        </div>
        <CopyDiagnostics collect={diagnose} />
      </main>
    </>
  );
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
