import { useEffect, useState } from 'preact/hooks';
import { Panel } from '../ui/panel.tsx';
import { abilitiesOf } from './abilities.ts';
import { type GpuGlance, glanceAtGpu, gpuSentence } from './gpu-glance.ts';
import type { Node } from './node.ts';

/** What this machine can do: a glance before it is started, measured afterwards. */
export function AbilitiesPanel({ capabilities }: { capabilities: Node['capabilities'] | null }) {
  const [glance, setGlance] = useState<GpuGlance | null>(null);
  useEffect(() => {
    void glanceAtGpu(navigator.gpu, isSecureContext).then(setGlance);
  }, []);
  return (
    <Panel title="What this machine can do">
      {glance && (!capabilities || glance.kind === 'insecure') && <p class="soft">{gpuSentence(glance)}</p>}
      {capabilities ? (
        <dl class="abilities">
          <div class="abilities__entry">
            <dt>Hardware</dt>
            <dd class="soft">{capabilities.adapter || 'none that this browser offers'}</dd>
          </div>
          {abilitiesOf(capabilities).map(({ name, means, speed }) => (
            <div class="abilities__entry" key={name}>
              <dt>
                {name} <span class="soft">{means}</span>
              </dt>
              <dd class="soft">{speed}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <p class="soft small">How fast it is gets measured when you start; that takes up to three seconds.</p>
      )}
    </Panel>
  );
}
