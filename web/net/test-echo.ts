import { CHANNELS } from '../../shared/channels.ts';
import { taskMessageSchema } from '../../shared/messages.ts';
import type { MessageWithAttachments } from '../../shared/wire.ts';
import { FlowChannel } from './flow-channel.ts';
import { adoptChannel, type ChannelPort, type TransferableChannel } from './transferable-channel.ts';

/** A `tasks` channel that answers each task with its own attachments. It runs on a page, or in a worker whose script is this file. */
export function echoOn(port: ChannelPort, onClose: (reason: string | null) => void) {
  const channel = new FlowChannel(
    port,
    CHANNELS.tasks,
    taskMessageSchema,
    {
      onMessage: ({ message, attachments }: MessageWithAttachments<{ kind: string; id?: number }>) => {
        if (message.kind !== 'task' || message.id === undefined) return;
        const answer = { kind: 'result' as const, id: message.id, value: null };
        channel.send({ message: { ...answer, backend: 'js', queueMs: 0, computeMs: 0 }, attachments });
      },
      onClose: (error) => onClose(error?.reason ?? null),
    },
    () => performance.now(),
  );
  return channel;
}

export type EchoWorkerEvent = 'ready' | { closed: string | null };

if (typeof document === 'undefined') {
  const tell = (event: EchoWorkerEvent) => postMessage(event);
  addEventListener('message', ({ data }: MessageEvent<TransferableChannel>) => {
    echoOn(adoptChannel(data), (closed) => tell({ closed }));
  });
  tell('ready');
}
