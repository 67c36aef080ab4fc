import { useLayoutEffect, useRef } from 'preact/hooks';
import { Button, FileButton } from '../ui/buttons.tsx';
import { CopyDiagnostics } from '../ui/copy-diagnostics.tsx';
import { useDroppedFile } from '../ui/drop-target.ts';
import { Segmented, SelectField } from '../ui/fields.tsx';
import { errorTitle } from '../ui/labels.ts';
import { Notice, PageHeader, Panel } from '../ui/layout.tsx';
import './compare-page.css';
import { type Comparison, METHODS } from './comparison.ts';
import { MethodTile, SplitStage } from './method-views.tsx';
import { SCENES, type SceneName, type Subject } from './scenes.ts';
import { WHOLE, ZOOM_STEP, zoomed } from './viewport.ts';

/** The compare page. */
export function ComparePage({ comparison }: { comparison: Comparison }) {
  const { subject, opening, tiles, error, view, left, right } = comparison;
  const isDropping = useDroppedFile((file) => void comparison.chooseFile(file));
  const shown = METHODS.filter(({ value }) => value in tiles.value);
  const failure = error.value;
  const list = useRef<HTMLUListElement>(null);
  const small = subject.value?.small;
  useLayoutEffect(() => {
    // Through the object model, since the Content-Security-Policy forbids style attributes.
    if (small) list.current?.style.setProperty('--picture-ratio', String(small.width / small.height));
  }, [small]);
  return (
    <>
      <PageHeader title="Compare">computed in your browser</PageHeader>
      <main class={isDropping ? 'compare compare--dropping' : 'compare'}>
        <p class="compare__intro">
          A small frame of a game, enlarged to twice its size by every method on offer. Your browser computes all of it,
          and no picture leaves it.
        </p>
        {failure && (
          <Notice title={errorTitle(failure.reason)} text={failure.message} isError>
            <Button onPress={() => void comparison.retry()}>Try again</Button>
          </Notice>
        )}
        <div class={view.value.zoom > 1 ? 'compare__stage compare__stage--zoomed' : 'compare__stage'}>
          <SplitStage comparison={comparison} />
        </div>
        <div class="compare__side">
          <Panel title="Picture">
            <Segmented<SceneName | 'own'>
              legend="A picture of a game"
              choices={SCENES}
              value={opening.value ?? subject.value?.scene?.value ?? 'own'}
              onChange={(name) => name !== 'own' && void comparison.chooseScene(name)}
              testId="scene"
            />
            <FileButton accept="image/*" onFile={(file) => void comparison.chooseFile(file)} testId="own-picture">
              Use your own…
            </FileButton>
            <div class="compare__note">
              {opening.value === 'own-game' ? (
                <p class="small soft" role="status">
                  Your browser draws the game …
                </p>
              ) : (
                subject.value && <SubjectNote subject={subject.value} />
              )}
            </div>
          </Panel>
          <Panel title="Side by side">
            <div class="compare__pair">
              <SelectField
                label="Left"
                choices={shown}
                value={left.value}
                onChange={(method) => {
                  left.value = method;
                }}
              />
              <SelectField
                label="Right"
                choices={shown}
                value={right.value}
                onChange={(method) => {
                  right.value = method;
                }}
              />
            </div>
            <div class="compare__zoom">
              <Button
                onPress={() => {
                  view.value = zoomed(view.value, 1 / ZOOM_STEP);
                }}
                isOff={view.value.zoom <= 1}
              >
                Zoom out
              </Button>
              <Button
                onPress={() => {
                  view.value = zoomed(view.value, ZOOM_STEP);
                }}
                testId="nearer"
              >
                Zoom in
              </Button>
              <Button
                onPress={() => {
                  view.value = WHOLE;
                }}
                isOff={view.value.zoom <= 1}
              >
                Reset
              </Button>
            </div>
            <p class="small soft">Drag to pan; pinch or double-click to zoom in. All pictures move together.</p>
          </Panel>
        </div>
        <ul class="compare__tiles" ref={list}>
          {shown.map((method) => {
            const tile = tiles.value[method.value];
            return tile && <MethodTile key={method.value} method={method} tile={tile} view={view} />;
          })}
        </ul>
        {subject.value?.reference && (
          <p class="small soft">
            dB: how close a picture’s brightness is to the reference (luma PSNR). Higher is closer, and 1 dB is easy to
            see. The number behind it compares structures instead of pixels (SSIM); 1 is equal. One small crop says
            little: <code>npm run bench -- quality</code> measures whole frames.
          </p>
        )}
        <CopyDiagnostics collect={() => comparison.diagnose()} />
      </main>
    </>
  );
}

function SubjectNote({ subject: { title, scene, note } }: { subject: Subject }) {
  if (!scene?.credit) {
    return (
      <p class="small soft" data-testid="subject">
        {title}: {note}
      </p>
    );
  }
  return (
    <p class="small soft" data-testid="subject">
      A crop of <a href={scene.credit.site}>{scene.credit.game}</a>, {scene.credit.licence}. No network was trained on
      this game. The small picture has one sample per pixel, as games render.
    </p>
  );
}
