import { useDroppedFile } from '../ui/drop-target.ts';
import { ModelLines } from '../ui/model-lines.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Panel } from '../ui/panel.tsx';
import { StatusLine } from '../ui/status-line.tsx';
import { offeredCaptures } from './capture.ts';
import type { FloatingPicture } from './floating-picture.ts';
import './gamer-page.css';
import type { GameWork } from '../game/game-work.ts';
import { GameHud } from './game-hud.tsx';
import { KeepRow } from './keep-row.tsx';
import { LiveDetails, LiveFigures } from './live-hud.tsx';
import { helpersOf, isSharpened, statusOf } from './messages.ts';
import { Notices } from './notices.tsx';
import { PictureStage } from './picture-stage.tsx';
import type { Player } from './player.ts';
import type { Recorder } from './recorder.ts';
import type { GamerSession } from './session.ts';
import { SettingsRow } from './settings-panel.tsx';
import { SharePanel } from './share-panel.tsx';
import { SourcePicker } from './source-picker.tsx';
import { StillDetails, StillFigures } from './still-hud.tsx';
import { openVolunteerWindow } from './volunteer-window.ts';
import { VolunteersPanel } from './volunteers-panel.tsx';

interface GamerPageProps {
  session: GamerSession;
  player: Player;
  gameWork: GameWork;
  keeper: Recorder;
  floating: FloatingPicture;
  name: string;
}

/** Everything a gamer sees. */
export function GamerPage({ session, player, gameWork, keeper, floating, name }: GamerPageProps) {
  const phase = session.phase.value;
  const volunteers = session.volunteers.value;
  const report = player.report.value;
  const where = player.where.value;
  const isDropping = useDroppedFile((file) => void player.chooseFile(file));
  const isBroken = player.error.value !== null;
  const helpers = helpersOf(report, volunteers);
  const isOwner = session.isOwner.value;
  // Into any other room its name is enough.
  const canReplace = isOwner && session.client.value?.isInviteOnly === true;

  return (
    <>
      <PageHeader title="Gamer">You are {name}</PageHeader>
      <main class={isDropping ? 'gamer gamer--dropping' : 'gamer'}>
        <div class="gamer__stage">
          <StatusLine {...statusOf({ phase, report, where, isBroken, volunteers })} testId="status" />
          <ModelLines fetches={session.fetches.value} />
          <Notices session={session} player={player} />
          {(player.source.value || !isBroken) && <PictureStage player={player} floating={floating} />}
          <KeepRow keeper={keeper} isSharp={report !== null && isSharpened(report)} hasBefore={!player.hasEnded} />
          {report?.kind === 'still' ? (
            <StillFigures report={report} chosen={player.quality.value} helpers={helpers} />
          ) : (
            <LiveFigures report={report} quality={player.quality.value} helpers={helpers} />
          )}
        </div>
        <div class="gamer__side">
          <SharePanel
            inviteUrl={session.link.url.value}
            onReplace={canReplace ? () => session.replaceLink() : null}
            audience={session.hasLobby.value ? session.audience.value : null}
            onAudience={(audience) => session.setAudience(audience)}
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
              />
              <SettingsRow
                where={where}
                quality={player.quality.value}
                scale={player.scale.value}
                onWhere={(chosen) => player.setWhere(chosen)}
                onQuality={(chosen) => player.setQuality(chosen)}
                onScale={(chosen) => void player.setScale(chosen)}
              />
              <a class="gamer__compare small" href="/compare" target="_blank" rel="noopener">
                See the qualities side by side
              </a>
            </div>
          </Panel>
          <VolunteersPanel
            volunteers={volunteers}
            shares={report?.kind === 'live' ? report.stats.shares : null}
            onRemove={isOwner ? (id) => void session.removeVolunteer(id) : null}
          />
        </div>
        <div class="gamer__details">
          {player.source.value?.kind === 'game' && <GameHud work={gameWork} volunteers={volunteers} />}
          {report?.kind === 'live' && <LiveDetails report={report} volunteers={volunteers} />}
          {report?.kind === 'still' && <StillDetails report={report} />}
        </div>
      </main>
    </>
  );
}
