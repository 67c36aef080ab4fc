import type { ComponentChildren } from 'preact';
import type { MeshError } from '../../shared/errors.ts';
import type { Quality } from '../sdk/types.ts';
import { BeforeAfter } from '../ui/before-after.tsx';
import { Button } from '../ui/button.tsx';
import { errorTitle } from '../ui/error-titles.ts';
import { FileButton } from '../ui/file-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Panel } from '../ui/panel.tsx';
import { StatusLine } from '../ui/status-line.tsx';
import { useDroppedFile } from './drop-target.ts';
import './gamer-page.css';
import { LiveDetails, LiveFigures } from './live-hud.tsx';
import type { Player } from './player.ts';
import { saveCanvas } from './save-canvas.ts';
import { helpersOf, isSharpened, statusOf } from './sentences.ts';
import type { GamerSession } from './session.ts';
import { SettingsRow } from './settings-panel.tsx';
import { SharePanel } from './share-panel.tsx';
import type { Report } from './show.ts';
import type { Source } from './source.ts';
import { SourcePicker } from './source-picker.tsx';
import { StillDetails, StillFigures } from './still-hud.tsx';
import { openVolunteerWindow } from './volunteer-window.ts';
import { VolunteersPanel } from './volunteers-panel.tsx';

const DEFAULT_RATIO = 16 / 9;

/** Everything a gamer sees. */
export function GamerPage({ session, player, name }: { session: GamerSession; player: Player; name: string }) {
  const phase = session.phase.value;
  const volunteers = session.volunteers.value;
  const report = player.report.value;
  const where = player.where.value;
  const source = player.source.value;
  const chooseFile = (file: File) => void player.chooseFile(file);
  const isDropping = useDroppedFile(chooseFile);
  const failure = player.error.value;
  const status = statusOf({ phase, report, where, isBroken: failure !== null, volunteers });
  const helpers = helpersOf(report, volunteers);

  return (
    <>
      <PageHeader title="Gamer">You are {name}</PageHeader>
      <main class={isDropping ? 'gamer gamer--dropping' : 'gamer'}>
        <div class="gamer__stage">
          <StatusLine {...status} testId="status" />
          {session.error.value && (
            <ErrorNotice error={session.error.value}>
              <Button onPress={() => void session.start()}>Try again</Button>
            </ErrorNotice>
          )}
          {[session.mishap, player.mishap].map(
            (mishap) =>
              mishap.value && (
                <Notice title={errorTitle(mishap.value.reason)} text={mishap.value.message}>
                  <Button onPress={() => (mishap.value = null)}>Dismiss</Button>
                </Notice>
              ),
          )}
          {failure && (
            <ErrorNotice error={failure}>
              {failure.reason === 'bad-input' && player.choice.value.kind !== 'game' ? (
                <FileButton accept="image/*,video/*" onFile={chooseFile} primary>
                  Choose another file…
                </FileButton>
              ) : (
                <Button onPress={() => void player.retry()}>Try again</Button>
              )}
              {player.choice.value.kind !== 'game' && (
                <Button onPress={() => void player.choose({ kind: 'game' })}>Back to the game</Button>
              )}
            </ErrorNotice>
          )}
          {(source || !failure) && (
            <BeforeAfter
              before={source?.before ?? null}
              after={player.output.value}
              ratio={source ? source.width / source.height : DEFAULT_RATIO}
              beforeLabel={source ? `Before: ${source.width} × ${source.height}, stretched` : 'Before'}
              afterLabel={afterLabel(source, player.scale.value, player.quality.value, report)}
              play={source?.play ?? null}
              testId="output"
            />
          )}
          {report?.kind === 'still' ? (
            <StillFigures report={report} helpers={helpers} />
          ) : (
            <LiveFigures report={report} helpers={helpers} />
          )}
        </div>
        <div class="gamer__side">
          <SharePanel
            inviteUrl={session.inviteUrl.value}
            onOpenWindow={() => {
              const url = session.inviteUrl.value;
              if (!url) return;
              openVolunteerWindow(url);
              player.setWhere('volunteers');
            }}
          />
          <Panel title="Source and settings">
            <div class="gamer__settings">
              <SourcePicker choice={player.choice.value} onChoose={(choice) => void player.choose(choice)} />
              <SettingsRow
                where={where}
                quality={player.quality.value}
                scale={player.scale.value}
                onWhere={(chosen) => player.setWhere(chosen)}
                onQuality={(chosen) => player.setQuality(chosen)}
                onScale={(chosen) => void player.setScale(chosen)}
              />
            </div>
          </Panel>
          <VolunteersPanel volunteers={volunteers} shares={report?.kind === 'live' ? report.stats.shares : null} />
        </div>
        <div class="gamer__details">
          {report?.kind === 'live' && <LiveDetails report={report} />}
          {report?.kind === 'still' && <StillDetails report={report} onSave={() => void player.save(saveCanvas)} />}
        </div>
      </main>
    </>
  );
}

function afterLabel(source: Source | null, scale: number, quality: Quality, report: Report | null): string {
  const done = quality === 'bilinear' ? 'bilinear' : 'sharpened';
  const how = report && isSharpened(report) ? done : 'not sharpened yet';
  return source ? `After: ${Math.round(source.width * scale)} × ${Math.round(source.height * scale)}, ${how}` : 'After';
}

function ErrorNotice({ error, children }: { error: MeshError; children: ComponentChildren }) {
  return (
    <Notice title={errorTitle(error.reason)} text={error.message} isError>
      {children}
    </Notice>
  );
}
