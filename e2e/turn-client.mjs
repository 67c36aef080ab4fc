import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * Asks a TURN server (RFC 8656) over UDP what no browser lets a page ask: for a relayed address of any kind, and to send to any address.
 */

const HOST = '127.0.0.1';
const MAGIC_COOKIE = 0x2112a442;
const METHOD = { allocate: 3, createPermission: 8 };
const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  xorPeerAddress: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  requestedTransport: 0x0019,
};
/** Protocol numbers of IANA. */
export const TRANSPORT = { tcp: 6, udp: 17 };
const OK = 0;
const TIMEOUT_MS = 5_000;

/** @typedef {{ username: string, credential: string }} Credentials */

/**
 * @param {number} port of the TURN server on this machine
 * @param {Credentials} credentials
 */
export async function openTurnClient(port, credentials) {
  const socket = createSocket('udp4').bind(0, HOST);
  await once(socket, 'listening');
  /** @type {{ realm: Buffer, nonce: Buffer } | null} */
  let challenge = null;

  /** @param {Buffer} message @returns {Promise<Buffer>} */
  async function exchange(message) {
    socket.send(message, port, HOST);
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return answer;
  }

  /** @param {number} method @param {Buffer[]} attributes @returns {Promise<number>} the error code; 0 for success */
  async function request(method, attributes) {
    let answer = await exchange(messageOf(method, attributes, credentials, challenge));
    if (errorOf(answer) === 401 && !challenge) {
      challenge = { realm: attributeOf(answer, ATTRIBUTE.realm), nonce: attributeOf(answer, ATTRIBUTE.nonce) };
      answer = await exchange(messageOf(method, attributes, credentials, challenge));
    }
    return errorOf(answer);
  }

  return {
    /** Asks for a relayed address. @param {number} [transport] */
    allocate: (transport = TRANSPORT.udp) =>
      request(METHOD.allocate, [encode(ATTRIBUTE.requestedTransport, Buffer.from([transport, 0, 0, 0]))]),
    /** Asks to send to an IPv4 address. @param {string} address */
    permit: (address) => request(METHOD.createPermission, [encode(ATTRIBUTE.xorPeerAddress, xorAddress(address))]),
    close: () => socket.close(),
  };
}

/**
 * @param {number} method
 * @param {Buffer[]} attributes
 * @param {Credentials} credentials
 * @param {{ realm: Buffer, nonce: Buffer } | null} challenge
 */
function messageOf(method, attributes, { username, credential }, challenge) {
  const id = randomBytes(12);
  if (!challenge) return Buffer.concat([header(method, id, attributes, 0), ...attributes]);
  const { realm, nonce } = challenge;
  const signed = [
    ...attributes,
    encode(ATTRIBUTE.username, Buffer.from(username)),
    encode(ATTRIBUTE.realm, realm),
    encode(ATTRIBUTE.nonce, nonce),
  ];
  const key = createHash('md5').update(`${username}:${realm}:${credential}`).digest();
  // The length covers the signature that follows: a header of 4 bytes and 20 of SHA-1.
  const start = Buffer.concat([header(method, id, signed, 24), ...signed]);
  const signature = createHmac('sha1', key).update(start).digest();
  return Buffer.concat([start, encode(ATTRIBUTE.messageIntegrity, signature)]);
}

/** @param {number} method @param {Buffer} id @param {Buffer[]} attributes @param {number} moreBytes */
function header(method, id, attributes, moreBytes) {
  const start = Buffer.alloc(8);
  start.writeUInt16BE(method, 0);
  start.writeUInt16BE(Buffer.concat(attributes).length + moreBytes, 2);
  start.writeUInt32BE(MAGIC_COOKIE, 4);
  return Buffer.concat([start, id]);
}

/** @param {number} type @param {Buffer} value */
function encode(type, value) {
  const start = Buffer.alloc(4);
  start.writeUInt16BE(type, 0);
  start.writeUInt16BE(value.length, 2);
  return Buffer.concat([start, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** @param {string} address */
function xorAddress(address) {
  const value = Buffer.from([0, 1, 0, 0, ...address.split('.').map(Number)]);
  value.writeUInt16BE(9 ^ (MAGIC_COOKIE >>> 16), 2);
  value.writeUInt32BE((value.readUInt32BE(4) ^ MAGIC_COOKIE) >>> 0, 4);
  return value;
}

/** @param {Buffer} message @param {number} type @returns {Buffer} empty where it is not there */
function attributeOf(message, type) {
  for (let at = 20; at + 4 <= message.length; ) {
    const sizeBytes = message.readUInt16BE(at + 2);
    if (message.readUInt16BE(at) === type) return message.subarray(at + 4, at + 4 + sizeBytes);
    at += 4 + Math.ceil(sizeBytes / 4) * 4;
  }
  return Buffer.alloc(0);
}

/** @param {Buffer} message */
function errorOf(message) {
  const code = attributeOf(message, ATTRIBUTE.errorCode);
  return code.length < 4 ? OK : code.readUInt8(2) * 100 + code.readUInt8(3);
}
