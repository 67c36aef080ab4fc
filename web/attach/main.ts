import { AttachSession } from './attach-session.ts';
import { Badge } from './badge.ts';
import { EngineHooks } from './engine-hooks.ts';
import { scriptOptions, tagOf } from './script-options.ts';

// The one line for any page: `<script type="module" src="https://server/attach.js" data-invite="..."></script>`. The scripts that follow the tag
// wait for this module, so it loads the SDK only when there is something to sharpen.

const tag = tagOf(import.meta.url, document);
// Thrown where a page's author looks first: in the console.
const options = scriptOptions(tag?.dataset ?? {});
const hooks = new EngineHooks(globalThis);
if (options.attach.renderScale !== undefined) hooks.install();
const badge = options.hasBadge ? new Badge({ onClose: () => void end(), onRetry: () => void session.start() }) : null;
const session = new AttachSession({
  options,
  page: document,
  connect,
  rendererOf: (element) => hooks.rendererOf(element),
  enterFrame: (frame) => {
    enter(frame);
    // The frame has one of its own.
    badge?.remove();
  },
  onStatus: (status) => badge?.show(status),
});
void session.start();

async function end(): Promise<void> {
  hooks.remove();
  await session.stop();
}

async function connect() {
  const { GamerClient } = await import('../sdk/p2c2r.ts');
  return GamerClient.connect({ ...options.connect, name: 'attach.js' });
}

/** Only code of a frame can capture its elements, whose classes are its own: a copy of this script does, also after the frame was reloaded. */
function enter(frame: HTMLIFrameElement): void {
  const page = frame.contentDocument;
  if (!page || tagOf(import.meta.url, page)) return;
  const script = page.createElement('script');
  script.type = 'module';
  Object.assign(script.dataset, tag?.dataset);
  script.src = import.meta.url;
  page.head.append(script);
}
