import type { MeshError } from '../../../shared/errors.ts';
import type { StreamSettings } from '../settings.ts';
import type { FrameIntake } from './frame-intake.ts';
import type { FramePresenter } from './frame-presenter.ts';
import type { LocalRoute } from './local-route.ts';
import type { PresentationCanvas } from './presentation-canvas.ts';
import type { SideDecision } from './side-choice.ts';
import { explainStream } from './stream-messages.ts';
import type { StreamReason } from './stream-reason.ts';
import type { StreamStatistics, StreamStats } from './stream-statistics.ts';
import type { VolunteerPool } from './volunteer-pool.ts';

/** The parts of a stream that know what it does. */
export interface ReportedParts {
  statistics: StreamStatistics;
  intake: FrameIntake;
  screen: PresentationCanvas;
  presenter: FramePresenter;
  local: LocalRoute;
  pool: VolunteerPool;
}

export interface ReportedState {
  settings: StreamSettings;
  decision: SideDecision;
  /** Why the source ended; null while it lives. */
  ended: MeshError | null;
}

/** Reports what a stream does, and why. */
export class StreamReporter {
  readonly #parts: ReportedParts;

  constructor(parts: ReportedParts) {
    this.#parts = parts;
  }

  report({ settings, decision, ended }: ReportedState): StreamStats {
    const { statistics, screen, local, pool } = this.#parts;
    const { running } = decision;
    const outcome = screen.shown?.outcome;
    const isTooSlow = outcome === null && running === 'local' && local.isPassthrough;
    const isPromised = settings.quality !== 'auto';
    return statistics.report({
      transport: settings.transport,
      codec: pool.codec,
      running,
      lowered: (isPromised && outcome?.downgradeReason) || (isTooSlow ? 'too-slow' : null),
      localBackend: local.backend,
      reasons: ended ? [{ kind: 'source-ended', text: ended.message }] : this.#reasons(settings, decision),
    });
  }

  #reasons({ quality }: StreamSettings, decision: SideDecision): StreamReason[] {
    const { intake, screen, presenter, local, pool } = this.#parts;
    const { error, reducedFrom, size } = intake;
    return explainStream({
      decision,
      frameError: error ?? (decision.running === 'volunteers' ? presenter.error : null),
      reduced: reducedFrom && size && { from: reducedFrom, to: size },
      local,
      shown: screen.shown,
      chosen: quality,
      nameOf: (volunteerId) => pool.nameOf(volunteerId),
    });
  }
}
