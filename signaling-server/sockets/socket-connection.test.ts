import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { ManualServerClock } from '../test-clock.ts';
import { type ServerSocket, SocketConnection } from './socket-connection.ts';

test('the round trip is that of the handshake until a heartbeat has measured a newer one', () => {
  const clock = new ManualServerClock();
  const conn = new EventEmitter();
  const socket = { conn } as unknown as ServerSocket;
  const connection = new SocketConnection(socket, {
    host: 'localhost',
    instance: 'one',
    networks: ['network'],
    handshakeMs: 40,
    clock,
  });
  expect(connection.rttMs).toBe(40);
  conn.emit('packetCreate', { type: 'message' });
  conn.emit('heartbeat');
  expect(connection.rttMs).toBe(40);
  conn.emit('packetCreate', { type: 'ping' });
  clock.advance(15);
  conn.emit('heartbeat');
  expect(connection.rttMs).toBe(15);
});
