import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import type { BackendName } from './backend.ts';
import type { Turn } from './schedule.ts';

/** Runs tasks of one type otherwise than the reference, and was measured at it. */
export interface TaskExecutor {
  readonly backend: BackendName;
  /** Units of the type's cost(). */
  readonly unitsPerMs: number;
  /** A task its own definition checked. Throws MeshError `device-lost`, `too-large`, `cancelled`. */
  run(task: PackedTask, turn: Turn): Promise<PackedResult>;
}
