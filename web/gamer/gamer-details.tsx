import type { GameWork } from '../game/game-work.ts';
import type { StreamQuality, Where } from '../sdk/types.ts';
import { CopyDiagnostics } from '../ui/copy-diagnostics.tsx';
import { Panel } from '../ui/layout.tsx';
import { GameHud } from './game-hud.tsx';
import { GamersPanel } from './gamers-panel.tsx';
import { LiveDetails, LiveFigures } from './live-hud.tsx';
import { helpersSentence } from './messages.ts';
import { describedByFailure, SessionFailure } from './notices.tsx';
import type { Player } from './player.ts';
import type { Recorder } from './recorder.ts';
import { SaveButtons } from './save-buttons.tsx';
import type { GamerSession } from './session.ts';
import { SettingsRow } from './settings-row.tsx';
import { hasPicture } from './sharpening.ts';
import { StillDetails, StillFigures } from './still-hud.tsx';
import { VolunteersPanel } from './volunteers-panel.tsx';

interface GamerDetailsProps {
  session: GamerSession;
  player: Player;
  gameWork: GameWork;
  recorder: Recorder;
  /** Makes a report for diagnosing a problem. */
  diagnose: () => Promise<object>;
  onWhere: (where: Where) => void;
  onQuality: (quality: StreamQuality) => void;
  onScale: (scale: number) => void;
}

/** What a person may want to know and to set while the picture is on the page: figures, files, settings, and who helps and plays. */
export function GamerDetails(props: GamerDetailsProps) {
  const { session, player, gameWork, recorder, diagnose, onWhere, onQuality, onScale } = props;
  const volunteers = session.volunteers.value;
  const report = player.report.value;
  const [where, quality, scale] = [player.where.value, player.quality.value, player.scale.value];
  const helpers = helpersSentence(report, volunteers);
  const isOwner = session.isOwner.value;
  const { kind } = player.choice.value;
  const live = report?.kind === 'stream' ? report : null;
  return (
    <details class="gamer__more" data-testid="details">
      <summary>Details</summary>
      <div class="gamer__more-columns">
        <div class="gamer__stage">
          {kind === 'image' ? (
            <StillFigures report={report?.kind === 'image' ? report : null} chosen={quality} helpers={helpers} />
          ) : (
            <LiveFigures report={live} quality={quality} helpers={helpers} />
          )}
          <SaveButtons recorder={recorder} isEnabled={hasPicture(report)} />
          {kind !== 'image' && <LiveDetails report={live} volunteers={volunteers} />}
          {report?.kind === 'image' && <StillDetails report={report} />}
          {kind === 'game' && <GameHud work={gameWork} volunteers={volunteers} />}
        </div>
        <div class="gamer__side">
          <Panel title="Settings">
            <div class="gamer__settings">
              <SettingsRow
                where={where}
                quality={quality}
                scale={scale}
                onWhere={onWhere}
                onQuality={onQuality}
                onScale={onScale}
              />
              <a class="gamer__compare small" href="compare" target="_blank" rel="noopener">
                Compare the qualities
              </a>
            </div>
          </Panel>
          <VolunteersPanel
            volunteers={volunteers}
            shares={live?.stats.shares ?? null}
            onRemove={isOwner ? (id) => void session.removeVolunteer(id) : null}
            failure={<SessionFailure session={session} at="volunteers" />}
            describedBy={describedByFailure(session, 'volunteers')}
          />
          {isOwner && (
            <GamersPanel
              gamers={session.gamers.value}
              onOpen={() => void session.listGamers()}
              onRemove={(id) => void session.removeGamer(id)}
              failure={<SessionFailure session={session} at="gamers" />}
              describedBy={describedByFailure(session, 'gamers')}
            />
          )}
        </div>
      </div>
      <CopyDiagnostics collect={diagnose} />
    </details>
  );
}
